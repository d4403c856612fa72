-- Inserts into `outcomes` one row per account, model and compensation type of one day.
insert into outcomes
with paid as (
    select request_key, requested_at, request_date, account_id, model, compensation_type, payout_usd
    from makegood.main.fct_requests
    where reason_code = 'compensated' and request_date = $day and requested_at >= $start and requested_at < $end
),

candidate as (
    select request_key, requested_at, request_date, account_id, model, compensation_type, payout_usd
    from ({decided})
    where reason_code = 'compensated'
),

compared as (
    select
        coalesce(paid.request_date, candidate.request_date) as request_date,
        coalesce(paid.account_id, candidate.account_id) as account_id,
        coalesce(paid.model, candidate.model) as model,
        paid.compensation_type as paid_type,
        candidate.compensation_type as candidate_type,
        paid.payout_usd as paid_usd,
        candidate.payout_usd as candidate_usd,
        coalesce(candidate.payout_usd, 0) - coalesce(paid.payout_usd, 0) as difference_usd
    from paid
    full join candidate using (request_key, requested_at)
),

sides as (
    select
        request_date,
        account_id,
        model,
        paid_type as compensation_type,
        1 as paid_count,
        paid_usd,
        0 as candidate_count,
        0 as candidate_usd,
        0 as winner_count,
        (candidate_type is null)::integer as loser_count,
    from compared
    where paid_type is not null
    union all
    select
        request_date,
        account_id,
        model,
        candidate_type as compensation_type,
        0 as paid_count,
        0 as paid_usd,
        1 as candidate_count,
        candidate_usd,
        (difference_usd > 0)::integer as winner_count,
        (difference_usd < 0)::integer as loser_count,
    from compared
    where candidate_type is not null
)

select
    request_date,
    account_id,
    model,
    compensation_type,
    sum(paid_count) as paid_count,
    sum(paid_usd) as paid_usd,
    sum(candidate_count) as candidate_count,
    sum(candidate_usd) as candidate_usd,
    sum(winner_count) as winner_count,
    sum(loser_count) as loser_count,
from sides
group by request_date, account_id, model, compensation_type
