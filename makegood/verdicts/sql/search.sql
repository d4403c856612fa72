-- Inserts into `found` one row per verdict that is still sought and request among these deliveries that it judges, with its earliest hour.
insert into found
with meant as (
    select
        verdicts.identity,
        delivered.request_key,
        min(delivered.requested_at) as requested_at,
        coalesce(bool_or(delivered.requested_at = verdicts.requested_at), false) as is_exact,
    from ({delivered}) as delivered
    inner join sought as verdicts
        on verdicts.id_hash = delivered.id_hash
        and verdicts.source = delivered.source
        and verdicts.request_id = delivered.request_id
        and (verdicts.account_id is null or verdicts.account_id = delivered.account_id)
        and speaks_at(verdicts.landed_hour, verdicts.assessed_at, verdicts.requested_at, delivered.landed_hour, delivered.requested_at)
    group by verdicts.identity, delivered.request_key
)

select identity, request_key, date_trunc('hour', requested_at) as request_hour
from meant
anti join found using (identity, request_key)
qualify is_exact or not bool_or(is_exact) over (partition by identity)
