-- grain: one row per delivery of a request that was delivered more than once
{% set delivered = ["source", "request_id", "requested_at", "request_date", "request_hour", "key_hash"] -%}
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
        {{ hour_number('requested_at') }} as hour_number,
        row_number() over (
            partition by source, request_id
            order by landed_hour, landing_file, landing_line
        ) as delivery_number,
    from request_logs
    where key_hash in (select key_hash from repeated_hashes)
),

homes as (
    select
        {{ columns }},
        hour_number,
        delivery_number,
        {{ is_home('source, request_id') }} as is_home,
    from deliveries
),

final as (
    select
        {{ columns }},
        hour_number,
        delivery_number,
        is_home,
        {{ home_hour_number('source, request_id') }} as home_hour_number,
        is_home and delivery_number = max(delivery_number) over (
            partition by source, request_id, hour_number
        ) as is_current,
    from homes
)

select * from final
