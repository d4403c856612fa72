-- grain: one row per request of the run's window, with every input of the decision
{{ config(materialized="view") }}
with request_logs as (
    select * from {{ ref('stg_request_logs') }}
),

latency_baselines as (
    select * from {{ ref('int_latency_baselines') }}
),

content_assessments as (
    select * from {{ ref('stg_content_assessments') }}
),

detectors as (
    select * from {{ ref('detectors') }}
),

-- The value that each verdict gives to each signal. A detector without rows of its own uses the rows of *, and a person's verdict without
-- a score counts as certain.
speaking as (
    select
        content_assessments.request_key,
        content_assessments.requested_at,
        detectors.signal,
        detectors.rank,
        case
            when content_assessments.verdict = 'satisfactory' then 0
            when detectors.signal in ('{{ yes_no_signals() | join("', '") }}') then 1
            when content_assessments.detector = 'human' then coalesce(content_assessments.score, 1)
            else content_assessments.score
        end as value,
    from content_assessments
    inner join detectors
        on (
            detectors.detector = content_assessments.detector
            or (
                detectors.detector = '*'
                and content_assessments.detector not in (select detector from detectors)
            )
        )
        and {{ in_force('detectors', 'content_assessments.requested_at') }}
    where content_assessments.verdict = 'satisfactory'
        or (content_assessments.verdict = 'unsatisfactory' and detectors.can_grant)
),

-- One verdict counts per signal: the one with the best rank, and on a tie the one that is worst for the answer.
ranked as (
    select
        request_key,
        requested_at,
        signal,
        value,
        row_number() over (
            partition by request_key, requested_at, signal
            order by rank asc, value desc
        ) as position,
    from speaking
    where value is not null
),

detected as (
    select
        request_key,
        requested_at,
        {%- for signal in assessed_signals() %}
        cast(max(case when signal = '{{ signal }}' then value end) as decimal(5, 4)) as detected_{{ signal }},
        {%- endfor %}
    from ranked
    where position = 1
    group by request_key, requested_at
),

final as (
    select
        {%- for column in request_columns() %}
        request_logs.{{ column }},
        {%- endfor %}
        latency_baselines.baseline_latency_ms as latency_baseline_ms,
        {%- for signal in assessed_signals() %}
        detected.detected_{{ signal }},
        {%- endfor %}
    from request_logs
    left join latency_baselines
        on request_logs.request_date = latency_baselines.baseline_date
        and request_logs.source = latency_baselines.source
        and request_logs.operation = latency_baselines.operation
        and request_logs.model = latency_baselines.model
        and {{ output_bucket('request_logs.output_tokens') }} = latency_baselines.output_bucket
    left join detected
        on request_logs.request_key = detected.request_key
        and request_logs.requested_at = detected.requested_at
)

select * from final
