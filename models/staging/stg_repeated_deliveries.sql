-- grain: one row per delivery of a purchase that was delivered more than once
{% set delivered = [
    "request_key", "source", "request_id", "requested_at", "request_date", "request_hour", "needs_overlap", "key_hash",
] -%}
{% set columns = (delivered + mendable_columns()) | join(",\n        ") -%}
with request_logs as (
    select * from {{ source('run', 'request_logs') }}
),

repeated_hashes as (
    select key_hash
    from request_logs
    group by key_hash
    having count(*) > 1
),

deliveries as (
    select
        {{ columns }},
        {{ place_ms('request_logs') }} as place_ms,
        {{ reach_ms('request_logs') }} as reach_ms,
        row_number() over (
            partition by request_key
            order by {{ delivery_order('request_logs') }}
        ) as delivery_number,
    from request_logs
    where key_hash in (select key_hash from repeated_hashes)
),

homes as (
    select
        {{ columns }},
        place_ms,
        delivery_number,
        {{ is_home('request_key') }} as is_home,
    from deliveries
),

homed as (
    select
        {{ columns }},
        place_ms,
        delivery_number,
        is_home,
        {{ home_ms('request_key') }} as home_ms,
    from homes
),

final as (
    select
        {{ columns }},
        place_ms,
        delivery_number,
        is_home,
        home_ms,
        is_home and delivery_number = max(delivery_number) over (
            partition by request_key, place_ms
        ) as is_current,
        {{ tells_times('request_key') }} as tells_times,
        first_value(requested_at) over (
            partition by request_key, home_ms
            order by place_ms - home_ms > {{ merge_ms() }}, landed_hour, landing_file, landing_line
        ) as first_requested_at,
    from homed
)

select * from final
