-- The largest payouts of the request hours from `first` to `last`.
select
    source,
    request_id,
    account_id,
    model,
    rule_id,
    payout_usd,
from fct_compensations
where request_date between $first_date and $last_date
    and request_date + to_hours(request_hour) between $first and $last
order by payout_usd desc, source asc, request_id asc
limit $most
