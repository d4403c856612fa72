-- Creates `bound_months_now`: one row per account and month whose payouts exceed the lowest cap of the month.
create or replace temp table bound_months_now as
with account_months as (
    select account_id, date_trunc('month', request_date)::date as month, sum(amount_usd) as amount_usd
    from (
        from account_days_now
        union all
        from settled.account_days
        where not $is_whole
            and request_date not in (select request_date from scope_dates)
            and date_trunc('month', request_date) in (select month from scope_months)
    )
    group by account_id, month
),

least_caps as (
    select month, min(cap_usd) as cap_usd
    from scope_months
    inner join month_caps on month_caps.starts_at < month + interval 1 month and month_caps.ends_at > month
    group by month
)

select account_id, month
from account_months
inner join least_caps using (month)
where account_months.amount_usd > least_caps.cap_usd
