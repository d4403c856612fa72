-- grain: one row per landing file; read = landed + ignored + quarantined
{{ config(partitioned_by=["landed_date"], replaces="landing_file") }}
with landing_files as (
    select * from {{ source('run', 'landing_files') }}
),

final as (
    select
        landing_file,
        source,
        adapter,
        landed_hour,
        cast(landed_hour as date) as landed_date,
        size_bytes,
        content_digest,
        records_read,
        landed_count,
        ignored_count,
        quarantined_count,
    from landing_files
)

select * from final
