-- grain: one row per request whose home hour is in the run's window
{% set columns = (["source", "request_id", "requested_at"] + mendable_columns()) -%}
with request_logs as (
    select * from {{ source('run', 'request_logs') }}
),

request_hours as (
    select * from {{ source('run', 'request_hours') }}
),

repeated_deliveries as (
    select * from {{ ref('stg_repeated_deliveries') }}
),

model_prices as (
    select * from {{ ref('model_prices') }}
),

delivered_once as (
    select
        {{ columns | join(",\n        ") }},
    from request_logs
    where not exists (
        select 1
        from repeated_deliveries
        where repeated_deliveries.key_hash = request_logs.key_hash
    )
),

-- The last reported value wins, column by column; the home hour decides when the request was.
merged as (
    select
        source,
        request_id,
        max(case when is_current then requested_at end) as requested_at,
        {%- for column in mendable_columns() %}
        {%- if column == "account_id" %}
        coalesce({{ last_reported("nullif(account_id, 'unknown')") }}, 'unknown') as account_id,
        {%- else %}
        {{ last_reported(column) }} as {{ column }},
        {%- endif %}
        {%- endfor %}
    from repeated_deliveries
    where hour_number - home_hour_number <= {{ merge_hours() }}
    group by source, request_id, home_hour_number
),

requests as (
    select {{ columns | join(", ") }} from delivered_once
    union all
    select {{ columns | join(", ") }} from merged
),

in_window as (
    select
        {%- for column in columns %}
        requests.{{ column }},
        {%- endfor %}
        request_hours.request_date,
        request_hours.request_hour,
    from requests
    inner join request_hours
        on cast(requests.requested_at as date) = request_hours.request_date
        and extract(hour from requests.requested_at) = request_hours.request_hour
),

-- What no log reports is worked out of the price list. It stays unknown where a count or price is missing, where the
-- input does not hold its cached tokens, and where the amount is beyond any cost: a million USD fits no cost column.
priced as (
    select
        {%- for column in columns + ["request_date", "request_hour"] %}
        in_window.{{ column }},
        {%- endfor %}
        case
            when in_window.cache_hit then 0
            when in_window.cached_tokens <= in_window.input_tokens
                then try_cast({{ money(
                    "least(1000000,"
                    ~ " cast(in_window.input_tokens - in_window.cached_tokens as decimal(19, 0)) * model_prices.input_price_usd"
                    ~ " + cast(in_window.cached_tokens as decimal(19, 0)) * model_prices.cached_price_usd"
                    ~ " + cast(in_window.output_tokens as decimal(19, 0)) * model_prices.output_price_usd)"
                ) }} as decimal(18, 12))
        end as list_cost_usd,
        case
            when in_window.streamed or (in_window.streamed is null and in_window.ttft_ms is not null)
                then in_window.latency_ms - in_window.ttft_ms
            else in_window.latency_ms
        end as generation_ms,
        {{ http_status() }} as status,
        coalesce(in_window.error_code, '') = 'provider_rate_limited' as is_rate_limited_by_provider,
    from in_window
    left join model_prices
        on in_window.cost_usd is null
        and in_window.model = model_prices.model
        and {{ in_force('model_prices', 'in_window.requested_at') }}
),

final as (
    select
        source,
        request_id,
        trace_id,
        gateway_call_id,
        account_id,
        api_key_ref,
        requested_at,
        completed_at,
        request_date,
        request_hour,
        model,
        model_served,
        provider,
        input_tokens,
        output_tokens,
        cached_tokens,
        reasoning_tokens,
        cast(coalesce(cost_usd, list_cost_usd) as decimal(18, 12)) as cost_usd,
        case
            when cost_usd is not null then 'reported'
            when list_cost_usd is not null then 'priced'
            else 'unpriced'
        end as cost_source,
        cache_hit,
        latency_ms,
        ttft_ms,
        case when generation_ms > 0 then generation_ms end as generation_ms,
        {{ ratio('cast(output_tokens as hugeint) * 1000', 'generation_ms') }} as throughput_tps,
        streamed,
        cancelled,
        finish_reason,
        native_finish_reason,
        status_code,
        error_code,
        {{ is_cancelled_by_caller('status') }} as is_cancelled_by_caller,
        coalesce(status, 0) between 400 and 498
            and status <> 408
            and not (status = 429 and is_rate_limited_by_provider) as is_caller_error,
        {{ is_error('status') }} as is_error,
        coalesce(finish_reason, '') = 'error'
            and status_code is not null
            and status is null
            and not is_rate_limited_by_provider as is_undecided_error,
        max_output_tokens,
        landed_hour,
        landing_file,
        landing_line,
    from priced
)

select * from final
