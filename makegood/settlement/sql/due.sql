-- Creates `due`: one row per key whose posted sum is not what is allowed, with a flag for what is held back.
create or replace temp table due as
with allowed_keys as (
    select
        compensation_id,
        account_id,
        sum(amount_usd) as allowed_usd,
        sum(payout_usd) as decided_usd,
        sum(cost_usd) as cost_usd,
        max(request_date) as request_date,
        arg_max(policy_version, requested_at) as policy_version,
    from allowed
    group by compensation_id, account_id
),

posted_keys as (
    select
        compensation_id,
        account_id,
        sum(amount_usd) as posted_usd,
        count(*) as entry_count,
        arg_max(entry_id, batch_id) as last_entry_id,
        arg_max(request_date, batch_id) as request_date,
        arg_max(policy_version, batch_id) as policy_version,
    from posted
    group by compensation_id, account_id
),

-- A monthly cap is shared by the dates of an account's month: while one of them is held back, what the others may use of it is not known.
held_months as (
    select distinct
        keys.account_id,
        date_trunc('month', keys.request_date)::date as month,
    from (
        from allowed select account_id, request_date
        union all
        from posted select account_id, request_date
    ) as keys
    inner join month_caps
        on month_caps.cap_usd is not null
        and month_caps.starts_at < date_trunc('month', keys.request_date) + interval 1 month
        and month_caps.ends_at > date_trunc('month', keys.request_date)
    where keys.request_date in (select request_date from held_dates)
),

compared as (
    select
        compensation_id,
        account_id,
        coalesce(allowed_keys.decided_usd, 0)::decimal(38, 12) as decided_usd,
        coalesce(allowed_keys.allowed_usd, 0)::decimal(38, 12) as allowed_usd,
        coalesce(allowed_keys.cost_usd, 0)::decimal(38, 12) as cost_usd,
        coalesce(posted_keys.posted_usd, 0)::decimal(38, 12) as posted_usd,
        coalesce(posted_keys.entry_count, 0) as entry_count,
        posted_keys.last_entry_id,
        coalesce(allowed_keys.request_date, posted_keys.request_date) as request_date,
        coalesce(allowed_keys.policy_version, posted_keys.policy_version) as policy_version,
        (coalesce(allowed_keys.allowed_usd, 0) - coalesce(posted_keys.posted_usd, 0))::decimal(38, 12) as due_usd,
    from allowed_keys
    full outer join posted_keys using (compensation_id, account_id)
    where coalesce(allowed_keys.allowed_usd, 0) <> coalesce(posted_keys.posted_usd, 0)
),

-- What is withdrawn from one account and paid to another is one decision, so both wait for the same answer.
awaiting as (
    select
        *,
        bool_or(
            request_date in (select request_date from held_dates)
            or (account_id, date_trunc('month', request_date)::date) in (select (account_id, month) from held_months)
        ) over (partition by compensation_id) as is_awaiting,
    from compared
)

select
    * exclude (is_awaiting),
    is_awaiting or account_id in (select account_id from holds) as is_held,
from awaiting
