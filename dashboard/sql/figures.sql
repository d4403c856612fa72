-- creates the session's tables of figures: counts and payouts by hour and by day, and posted amounts by request date and account
create table figures.hours as
select
    hour_at,
    compensation_type,
    model,
    compensation_count,
    payout_usd,
from mart_compensation_hourly
order by hour_at;

create table figures.days as
select
    date_trunc('day', hour_at) as hour_at,
    compensation_type,
    model,
    sum(compensation_count)::bigint as compensation_count,
    sum(payout_usd)::decimal(38, 12) as payout_usd,
from figures.hours
group by all
order by hour_at;

create table figures.posted as
select
    request_date,
    account_id,
    sum(amount_usd) as posted_usd,
from fct_ledger_entries
group by request_date, account_id;
