-- For each hour of the window, the compensation counts and payouts agree in fct_requests, fct_compensations and mart_compensation_hourly.
{{ config(meta={"dagster": {"ref": {"name": "mart_compensation_hourly"}}}) }}
{% set amounts = [
    ("fct_requests", "count(*) filter (where reason_code = 'compensated')", "sum(payout_usd)"),
    ("fct_compensations", "count(*)", "sum(payout_usd)"),
    ("mart_compensation_hourly", "sum(compensation_count)", "sum(payout_usd)"),
] -%}
with hourly as (
    {%- for relation, count, payout in amounts %}
    select
        request_date,
        request_hour,
        '{{ relation }}' as relation,
        {{ count }} as compensation_count,
        {{ payout }} as payout_usd,
    from {{ ref(relation) }}
    where {{ in_window() }}
    group by request_date, request_hour
    having {{ count }} > 0
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select
    request_date,
    request_hour,
from hourly
group by request_date, request_hour
having count(*) <> {{ amounts | length }}
    or min(compensation_count) <> max(compensation_count)
    or min(payout_usd) <> max(payout_usd)
