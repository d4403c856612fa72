-- grain: one row per day, source, operation, model and output-size bucket with enough requests in the 7 days before
{{ config(
    database="makegood",
    materialized="incremental",
    incremental_strategy="replace_window",
    replaces="baseline_day",
    on_schema_change="fail",
    full_refresh=false,
) }}
{% set key = "baseline_date, request_key" -%}
{% set measured = ["source", "operation", "model", "output_tokens", "latency_ms"] -%}
{% set unmerged = measured + ["native_operation", "cancelled", "finish_reason", "status_code", "error_origin"] -%}
{% set delivered = ["baseline_date", "request_key", "place_ms", "delivery_number"] + unmerged -%}
{% set is_normal = "latency_ms is not null and output_tokens is not null and not (" ~ is_error(http_status()) ~ ") and not (" ~ is_cancelled_by_caller(http_status()) ~ ")" -%}
with baseline_days as (
    select * from {{ source('run', 'baseline_days') }}
),

deliveries as not materialized (
    select * from {{ source('run', 'baseline_logs') }}
),

repeated_hashes as (
    select key_hash
    from deliveries
    group by key_hash
    having count(*) > 1
),

delivered_once as (
    select
        {{ measured | join(",\n        ") }},
        request_date,
        greatest(request_date, cast(landed_hour as date)) as known_date,
        count(*) as request_count,
    from deliveries
    where not exists (select 1 from repeated_hashes where repeated_hashes.key_hash = deliveries.key_hash)
        and {{ is_normal }}
    group by all
),

-- A baseline uses only requests of earlier days that had landed before its day began, so that late-arriving data does not change it.
once_before as (
    select
        baseline_days.baseline_date,
        {%- for column in measured %}
        delivered_once.{{ column }},
        {%- endfor %}
        delivered_once.request_count,
    from baseline_days
    inner join delivered_once
        on delivered_once.request_date >= baseline_days.baseline_date - {{ baseline_days() }}
        and delivered_once.known_date < baseline_days.baseline_date
),

-- Deliveries of one key are merged as in staging, but only those that had landed before the day.
repeated_before as (
    select
        baseline_days.baseline_date,
        deliveries.request_key,
        {%- for column in unmerged %}
        deliveries.{{ column }},
        {%- endfor %}
        {{ place_ms('deliveries') }} as place_ms,
        {{ reach_ms('deliveries') }} as reach_ms,
        row_number() over (
            partition by baseline_days.baseline_date, deliveries.request_key
            order by {{ delivery_order('deliveries') }}
        ) as delivery_number,
    from deliveries
    inner join baseline_days
        on cast(deliveries.landed_hour as date) < baseline_days.baseline_date
        and deliveries.request_date >= baseline_days.baseline_date - {{ baseline_days() }} - {{ merge_hours() | int // 24 }}
        and deliveries.request_date <= baseline_days.baseline_date
    where deliveries.key_hash in (select key_hash from repeated_hashes)
),

homes as (
    select
        {{ delivered | join(",\n        ") }},
        {{ is_home(key) }} as is_home,
    from repeated_before
),

homed as (
    select
        {{ delivered | join(",\n        ") }},
        {{ home_ms(key) }} as home_ms,
        {{ tells_times(key) }} as tells_times,
    from homes
),

merged_before as (
    select
        baseline_date,
        source,
        {{ merged_operation() }} as operation,
        {%- for column in unmerged[2:] %}
        {%- if column == "latency_ms" %}
        max(case when tells_times then latency_ms end) as latency_ms,
        {%- elif column in outcome_columns() %}
        {{ merged_outcome(column) }} as {{ column }},
        {%- else %}
        {{ last_reported(column) }} as {{ column }},
        {%- endif %}
        {%- endfor %}
        cast(1 as bigint) as request_count,
    from homed
    where place_ms - home_ms <= {{ merge_ms() }}
        and home_ms >= epoch_ms(cast(baseline_date - {{ baseline_days() }} as timestamp))
        and home_ms < epoch_ms(cast(baseline_date as timestamp))
    group by baseline_date, source, request_key, home_ms
),

requests as (
    select baseline_date, request_count, {{ measured | join(", ") }} from once_before
    union all
    select baseline_date, request_count, {{ measured | join(", ") }} from merged_before where {{ is_normal }}
),

latencies as (
    select
        baseline_date,
        source,
        operation,
        model,
        {{ output_bucket('output_tokens') }} as output_bucket,
        latency_ms,
        cast(sum(request_count) as bigint) as request_count,
    from requests
    group by all
),

ranked as (
    select
        baseline_date,
        source,
        operation,
        model,
        output_bucket,
        latency_ms,
        sum(request_count) over (
            partition by baseline_date, source, operation, model, output_bucket
            order by latency_ms
        ) as rank,
        sum(request_count) over (partition by baseline_date, source, operation, model, output_bucket) as request_count,
    from latencies
),

-- Nearest-rank percentile: the lowest latency that at least this share of the requests did not exceed.
final as (
    select
        baseline_date,
        source,
        operation,
        model,
        cast(output_bucket as bigint) as output_bucket,
        min(latency_ms) filter (where rank * 100 >= request_count * {{ baseline_percent() }}) as baseline_latency_ms,
        cast(max(request_count) as bigint) as request_count,
    from ranked
    where request_count >= {{ baseline_requests() }}
    group by baseline_date, source, operation, model, output_bucket
)

select * from final
