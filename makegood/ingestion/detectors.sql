-- One content assessment per answer and built-in detector that found it unsatisfactory. Answers are only measured here and not passed on;
-- the evidence consists of counts. A detector without a finding produces no row, and of a redacted or cut answer only truncation is
-- reported. A detector whose judgement changes gets a new version.

-- Whether a text is JSON for every parser: DuckDB's also accepts trailing commas, NaN and Infinity.
create or replace temp macro is_strict_json(text) as
    json_valid(text) and not regexp_matches(regexp_replace(text, '"(?:[^"\\]|\\.)*"', '""', 'g'), '(?i),\s*[\]}]|nan|inf');

-- The distance in characters between the last 32 characters of a text and their previous occurrence: the period of a possible repetition.
-- Periods below 32 are tried one by one in the last 64 characters; a longer one is 32 plus the text between the last two occurrences.
create or replace temp macro period_of(text) as
    case
        when length(text) >= 512 and strpos(left(text, -1), right(text, 32)) > 0
        then coalesce(
            list_filter(range(1, 32), lambda period: substr(right(text, 64), 33 - period, 32) = right(text, 32))[1],
            32 + length(string_split(text, right(text, 32))[-2])
        )
    end;

-- Whether the last `tail` characters repeat with the given period.
create or replace temp macro is_periodic(text, period, tail) as
    tail <= length(text) and left(right(text, tail::bigint), (tail - period)::bigint) = right(text, (tail - period)::bigint);

-- The period of a loop, null if there is none. A loop extends to the end of the text and covers at least 512 characters, 8 periods and
-- half of the text; nine tenths if its period does not contain two different letters (table rules, rows of zeros, padding). Lists, tables
-- and code whose items differ at all are not loops, nor is a repetition that something else follows.
create or replace temp macro loop_of(text) as
    list_transform(
        [period_of(text)],
        lambda period: case
            when is_periodic(
                text,
                period,
                greatest(
                    512,
                    8 * period,
                    case
                        when len(list_distinct(regexp_extract_all(right(text, period::bigint), '\p{L}'))) >= 2
                        then length(text) // 2
                        else length(text) * 9 // 10
                    end
                )
            )
            then period
        end
    )[1];

create or replace temp table findings as
with responses as (
{responses}
),

answered as (
    select
        landed_rows.source,
        landed_rows.request_id,
        landed_rows.account_id,
        landed_rows.requested_at,
        coalesce(landed_rows.completed_at, landed_rows.requested_at) as assessed_at,
        landed_rows.landed_hour,
        landed_rows.landing_file,
        landed_rows.landing_line,
        landed_rows.request_key,
        landed_rows.key_hash,
        landed_rows.id_hash,
        landed_rows.request_hour,
        landed_rows.file_index,
        landed_rows.output_tokens,
        landed_rows.reasoning_tokens,
        landed_rows.max_output_tokens,
        landed_rows.finish_reason,
        landed_rows.has_answer,
        len(list_filter(responses.answer, lambda part: part.has_more)) > 0 as has_more,
        responses.asks_for_json,
        -- An answer that the caller's own limit cut, or may have cut, is not at fault for where it ends.
        coalesce(landed_rows.finish_reason = 'length' and landed_rows.output_tokens < landed_rows.max_output_tokens, false) as is_truncated,
        case
            when not landed_rows.is_answer_withheld
            then list_filter(list_transform(responses.answer, lambda part: part.said), lambda text: not is_blank(text))
        end as answers,
        -- Each of several choices may have ended differently: one that was cut or filtered is not at fault for being invalid JSON.
        case
            when not landed_rows.is_answer_withheld
            then list_transform(
                list_filter(
                    range(1, len(responses.answer) + 1),
                    lambda number: not is_blank(responses.answer[number].said)
                        and coalesce(responses.endings[number], 'stop') in ('stop', 'tool_calls')
                ),
                lambda number: responses.answer[number].said
            )
        end as whole_answers,
    from responses
    inner join landed_rows
        on responses.origin.file_index = landed_rows.file_index
        and responses.origin.line = landed_rows.landing_line
    where landed_rows.fault is null
        and landed_rows.operation in ('chat', 'text_completion', 'responses', 'image_generation', 'speech')
        and coalesce(landed_rows.finish_reason, '') not in ('error', 'cancelled', 'content_filter')
),

measured as (
    select
        *,
        case
            when asks_for_json and not has_more and coalesce(finish_reason, '') not in ('length', 'other')
            then list_filter(whole_answers, lambda answer: not is_strict_json(answer))
        end as broken_json,
        list_filter(
            list_transform(answers, lambda answer: struct_pack(size := length(answer), period := loop_of(right(answer, 16384)))),
            lambda loop: loop.period is not null
        ) as loops,
    from answered
),

judged as (
    select
        *,
        unnest([
            case
                when has_answer = false and coalesce(finish_reason, '') <> 'other'
                then struct_pack(
                    detector := 'empty_completion',
                    detector_version := '2',
                    category := 'no visible text and no tool call',
                    evidence := json_object('output_tokens', output_tokens, 'reasoning_tokens', reasoning_tokens)::varchar
                )
            end,
            case
                when len(broken_json) > 0
                then struct_pack(
                    detector := 'invalid_json',
                    detector_version := '2',
                    category := case when starts_with(broken_json[1], '```') then 'in a code fence' else 'no JSON' end,
                    evidence := json_object('characters', length(broken_json[1]), 'choices', len(broken_json))::varchar
                )
            end,
            case
                when len(loops) > 0
                then struct_pack(
                    detector := 'repetition_loop',
                    detector_version := '2',
                    category := 'the same words to the end',
                    evidence := json_object('characters', loops[1].size, 'period', loops[1].period)::varchar
                )
            end,
            case
                when is_truncated
                then struct_pack(
                    detector := 'truncated',
                    detector_version := '1',
                    category := 'ended below the limit of the caller',
                    evidence := json_object('output_tokens', output_tokens, 'max_output_tokens', max_output_tokens)::varchar
                )
            end
        ]) as finding,
    from measured
)

select
    source,
    request_id,
    account_id,
    requested_at,
    finding.detector as detector,
    finding.detector_version as detector_version,
    'unsatisfactory' as verdict,
    1::decimal(5, 4) as score,
    finding.category as category,
    finding.evidence as evidence,
    assessed_at,
    landed_hour,
    landing_file,
    landing_line,
    request_key,
    key_hash,
    id_hash,
    request_hour,
    file_index,
from judged
where finding is not null
