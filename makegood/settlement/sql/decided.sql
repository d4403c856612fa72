-- Creates `decided`: one row per compensation on a closed date that meets the condition, with its payout as `amount_usd`.
create or replace temp table decided as
select
    compensation_id,
    account_id,
    source,
    request_id,
    requested_at,
    request_date,
    cost_usd,
    payout_usd,
    policy_version,
    payout_usd::decimal(38, 12) as amount_usd,
from fct_compensations
where request_date < $closed_until
    and account_id <> $unknown
    and {condition}
