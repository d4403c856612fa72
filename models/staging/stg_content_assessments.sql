-- grain: one row per request of the run's window and detector that assessed it: the verdict that counts
with content_assessments as (
    select * from {{ source('run', 'content_assessments') }}
),

request_logs as (
    select * from {{ ref('stg_request_logs') }}
),

-- The key decides which request is spoken of; the hour tells apart requests that used one id weeks apart.
spoken_of as (
    select
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
    from content_assessments
    inner join request_logs
        on content_assessments.source = request_logs.source
        and content_assessments.request_id = request_logs.request_id
        and content_assessments.request_date = request_logs.request_date
        and content_assessments.request_hour = request_logs.request_hour
),

ranked as (
    select
        *,
        count(*) over (
            partition by source, request_id, request_date, request_hour, detector
        ) as assessment_count,
        row_number() over (
            partition by source, request_id, request_date, request_hour, detector
            order by assessed_at desc, landed_hour desc, landing_file desc, landing_line desc
        ) as recency,
    from spoken_of
),

final as (
    select
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
