-- One row per record of a file of verdicts, in the columns of content assessments, with its fault if it has one.
create or replace temp table landed_rows as
with parsed as (
    select
        origin,
        json_transform(
            record,
            '{
                "source": "VARCHAR", "request_id": "VARCHAR", "account_id": "VARCHAR", "requested_at": "VARCHAR", "detector": "VARCHAR",
                "detector_version": "VARCHAR", "verdict": "VARCHAR", "score": "VARCHAR", "category": "VARCHAR",
                "evidence": "VARCHAR", "assessed_at": "VARCHAR"
            }'
        ) as field,
    from records
),

typed as (
    select
        origin,
        field,
        id_without_key(nullif(visible(field.source), '')) as gateway,
        nullif(visible(field.request_id), '') as request_id,
        named(visible(field.account_id)) as account_id,
        nullif(visible(field.detector), '') as detector,
        lower(nullif(field.verdict, '')) as verdict,
        nullif(field.score, '') as score_text,
        wide_decimal(field.score) as score,
        nullif(field.assessed_at, '') as assessed_text,
        instant(field.assessed_at) as assessed_at,
        instant(field.requested_at) as hint,
        is_nested(field.source) or is_nested(field.request_id) or is_nested(field.account_id) or is_nested(field.detector) or is_nested(field.detector_version)
        or is_nested(field.verdict) or is_nested(field.score) or is_nested(field.category) or is_nested(field.assessed_at) as has_nested,
        is_suspicious(concat_ws(' ', field.detector, field.detector_version, field.category, left(field.evidence, 65537))) as is_suspect,
        coalesce(is_nested(field.evidence) and length(field.evidence) <= 65536, false) as is_document,
    from parsed
),

checked as (
    select
        typed.*,
        files.landing_file,
        files.landed_hour,
        files.source as feed,
        case when hint between files.earliest_at and files.latest_at then hint end as requested_at,
        case
            when origin.fault is not null then origin.fault
            when origin.is_undecodable and contains(concat_ws(' ', gateway, request_id, account_id, detector), chr(65533)) then 'invalid_encoding'
            when has_nested then 'wrong_type'
            when gateway is null then 'missing_source'
            when request_id is null then 'missing_request_id'
            when detector is null then 'missing_detector'
            when verdict is null then 'missing_verdict'
            when verdict not in ('unsatisfactory', 'satisfactory', 'inconclusive') then 'unknown_verdict'
            when assessed_text is null then 'missing_timestamp'
            when assessed_at is null or assessed_at < files.earliest_at then 'bad_timestamp'
            when assessed_at > files.latest_at then 'future_timestamp'
            when score_text is not null and score is null then 'wrong_type'
            when score not between 0 and 1 then 'out_of_range'
        end as fault,
    from typed
    inner join files on typed.origin.file_index = files.file_index
)

-- `source` is the gateway whose request is judged; for a row with a fault it is the feed of verdicts.
select
    case when fault is null then gateway else feed end as source,
    id_without_key(request_id) as request_id,
    id_without_key(account_id) as account_id,
    requested_at,
    detector,
    visible(field.detector_version) as detector_version,
    verdict,
    -- Truncated, not rounded: a score just below a threshold must stay below it.
    case when score between 0 and 1 then (floor(score * 10000) * 0.0001)::decimal(5, 4) end as score,
    case when not is_suspect then left(visible(field.category), 200) end as category,
    case when is_suspect then left(visible(field.category), 65537) end as suspect_category,
    case
        when not is_suspect and is_document then field.evidence
        when not is_suspect then left(on_one_line(field.evidence), 2000)
    end as evidence,
    case when is_suspect and is_document then field.evidence end as suspect_document,
    case when is_suspect and not is_document then left(on_one_line(field.evidence), 65537) end as suspect_evidence,
    is_suspect,
    assessed_at,
    landed_hour,
    landing_file,
    origin.line as landing_line,
    null::varchar as request_key,
    null::ubigint as key_hash,
    id_hash_of(gateway, id_without_key(request_id)) as id_hash,
    origin.file_index as file_index,
    has_control(concat_ws('', field.source, field.request_id, field.account_id, field.detector, field.detector_version, field.category)) as has_controls,
    fault,
from checked
