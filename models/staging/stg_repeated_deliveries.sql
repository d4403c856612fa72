-- grain: one row per delivery of a request that was delivered more than once
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
        request_logs.* exclude (meta, error_message),
        {{ hour_number('request_logs.requested_at') }} as hour_number,
        row_number() over (
            partition by request_logs.source, request_logs.request_id
            order by request_logs.landed_hour, request_logs.landing_file, request_logs.landing_line
        ) as delivery_number,
    from request_logs
    inner join repeated_hashes on request_logs.key_hash = repeated_hashes.key_hash
),

-- An hour is home where the key has no delivery in the 7 days before it.
homes as (
    select
        *,
        count(*) over (
            partition by source, request_id
            order by hour_number
            range between {{ merge_hours() }} preceding and 1 preceding
        ) = 0 as is_home,
    from deliveries
),

merged_into as (
    select
        *,
        max(case when is_home then hour_number end) over (
            partition by source, request_id
            order by hour_number
        ) as home_hour_number,
    from homes
),

final as (
    select
        *,
        is_home and delivery_number = max(delivery_number) over (
            partition by source, request_id, hour_number
        ) as is_current,
    from merged_into
)

select * from final
