-- grain: one row per model that was requested
{{ config(materialized="view") }}
with requests_hourly as (
    select * from {{ ref('fct_requests_hourly') }}
),

model_prices as (
    select * from {{ ref('model_prices') }}
),

requested as (
    select
        model,
        min(hour_at) as first_hour_at,
        max(hour_at) as last_hour_at,
        cast(sum(request_count) as bigint) as request_count,
    from requests_hourly
    group by model
),

final as (
    select
        requested.model,
        case when requested.model like '%/%' then split_part(requested.model, '/', 1) end as developer,
        requested.first_hour_at,
        requested.last_hour_at,
        requested.request_count,
        model_prices.input_price_usd,
        model_prices.output_price_usd,
        model_prices.cached_price_usd,
    from requested
    left join model_prices
        on requested.model = model_prices.model
        and model_prices.effective_to is null
)

select * from final
