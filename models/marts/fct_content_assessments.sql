-- grain: one row per request and detector that assessed it, with the detector's current verdict
{{ config(partitioned_by=["request_date"]) }}
with content_assessments as (
    select * from {{ ref('stg_content_assessments') }}
),

final as (
    select
        request_key,
        source,
        request_id,
        requested_at,
        request_date,
        request_hour,
        detector,
        detector_version,
        verdict,
        score,
        category,
        evidence,
        assessed_at,
        assessment_count,
        landed_hour,
        landing_file,
        landing_line,
    from content_assessments
)

select * from final
