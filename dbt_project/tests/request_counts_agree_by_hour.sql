-- For each hour of the window, the request counts by model add up to current_count in fct_request_hours.
{{ config(meta={"dagster": {"ref": {"name": "fct_requests_hourly"}}}) }}
with by_model as (
    select
        request_date,
        request_hour,
        sum(request_count) as request_count,
    from {{ ref('fct_requests_hourly') }}
    where {{ in_window() }}
    group by request_date, request_hour
),

request_hours as (
    select * from {{ ref('fct_request_hours') }}
    where {{ in_window() }}
)

select coalesce(request_hours.request_date, by_model.request_date) as request_date
from request_hours
full outer join by_model
    on request_hours.request_date = by_model.request_date
    and request_hours.request_hour = by_model.request_hour
where coalesce(request_hours.current_count, 0) <> coalesce(by_model.request_count, 0)
