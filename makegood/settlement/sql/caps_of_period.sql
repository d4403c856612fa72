-- Creates `day_caps` or `month_caps`: one row per stretch of time with the cap in force then; null means no cap.
create or replace temp table {period}_caps as
with caps as (
    select cap_usd, effective_from, effective_to
    from compensation_caps
    where scope = 'account_{period}'
),

changes as (
    select timestamp '0001-01-01' as starts_at
    union
    select effective_from from caps
    union
    select effective_to from caps where effective_to is not null
)

select
    changes.starts_at,
    coalesce(lead(changes.starts_at) over (order by changes.starts_at), timestamp '9999-12-31') as ends_at,
    caps.cap_usd,
from changes
left join caps
    on changes.starts_at >= caps.effective_from
    and (changes.starts_at < caps.effective_to or caps.effective_to is null)
