-- grain: one row per request of the run's window and detector that assessed it, with the detector's current verdict
with content_assessments as (
    select * from {{ source('run', 'content_assessments') }}
),

request_logs as (
    select * from {{ ref('stg_request_logs') }}
),

-- The input has each verdict once per hour in which its purchase was delivered. Where several requests of one key fall into one hour, the
-- verdict applies to the request that began exactly at the time it gives, or else to all of them.
meant as (
    select
        request_logs.request_key,
        request_logs.source,
        request_logs.request_id,
        request_logs.requested_at,
        request_logs.request_date,
        request_logs.request_hour,
        content_assessments.detector,
        content_assessments.detector_version,
        content_assessments.verdict,
        content_assessments.score,
        content_assessments.category,
        content_assessments.evidence,
        content_assessments.assessed_at,
        content_assessments.landed_hour,
        content_assessments.landing_file,
        content_assessments.landing_line,
        coalesce(content_assessments.requested_at = request_logs.requested_at, false) as is_exact,
    from content_assessments
    inner join request_logs
        on content_assessments.request_key = request_logs.request_key
        and content_assessments.request_date = request_logs.request_date
        and content_assessments.request_hour = request_logs.request_hour
),

narrowed as (
    select
        *,
        bool_or(is_exact) over (
            partition by request_key, request_date, request_hour, detector, landing_file, landing_line
        ) as has_exact,
    from meant
),

ranked as (
    select
        *,
        count(*) over (
            partition by request_key, requested_at, detector
        ) as assessment_count,
        row_number() over (
            partition by request_key, requested_at, detector
            order by assessed_at desc, landed_hour desc, landing_file desc, landing_line desc
        ) as recency,
    from narrowed
    where is_exact or not has_exact
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
    from ranked
    where recency = 1
)

select * from final
