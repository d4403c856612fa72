-- The largest payouts of a request hour, each with what the whole hour pays.
select
    source,
    request_id,
    account_id,
    model,
    rule_id,
    payout_usd,
    sum(payout_usd) over () as hour_payout_usd,
from fct_compensations
where request_date = $day
    and request_hour = $hour
order by payout_usd desc, source, request_id
limit $most
