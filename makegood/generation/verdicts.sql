-- One row per verdict that lands $delay hours after the hour of its call, in the order of the calls. As in requests.sql, everything is
-- drawn from hashes of the seed, the hour and the call; the id of a call's first attempt is the same in both.
with calls as (
    select
        range as call_no,
        hash(hash($seed::bigint, $hour_no::bigint, range), 1::bigint) as request_hash,
        hash($seed::bigint, $hour_no::bigint, range, 2) as verdict_hash,
    from range($call_count)
),

drawn as (
    select
        calls.call_no,
        calls.request_hash,
        calls.verdict_hash,
        verdicts.kind as verdict,
        fates.kind as fate,
        hints.kind as hint,
        delays.kind::bigint as delay,
    from calls
    inner join kind_slots as verdicts
        on verdicts.draw = 'verdict' and verdicts.slot = draw(calls.verdict_hash, 0, 10000) and verdicts.kind <> 'none'
    inner join kind_slots as delays on delays.draw = 'verdict_delay' and delays.slot = draw(calls.verdict_hash, 14, 10000)
    inner join kind_slots as fates on fates.draw = 'verdict_fate' and fates.slot = draw(calls.verdict_hash, 28, 10000)
    inner join kind_slots as hints on hints.draw = 'verdict_hint' and hints.slot = draw(calls.verdict_hash, 42, 10000)
),

-- Some calls are judged again an hour later, with the opposite verdict.
spoken as (
    select *, false as is_again from drawn
    union all
    select * replace (delay + 1 as delay), true as is_again from drawn where fate = 'again'
),

worded as (
    select
        call_no,
        is_again,
        case when fate = 'unknown_request' then 'lost_' else 'req_' end || lower(hex(request_hash)) as request_id,
        case
            when fate = 'unknown_verdict' then 'meh'
            when is_again and verdict = 'satisfactory' then 'unsatisfactory'
            when is_again then 'satisfactory'
            else verdict
        end as verdict,
        hint,
        case
            when fate = 'out_of_range' then 10000 + draw(verdict_hash, 7, 9000)
            when (verdict = 'unsatisfactory') <> is_again then 7000 + draw(verdict_hash, 7, 3001)
            when verdict = 'inconclusive' then 4000 + draw(verdict_hash, 7, 2000)
            else draw(verdict_hash, 7, 3000)
        end as score_of_10000,
        ['off topic', 'wrong', 'incoherent', 'refused', 'rude'][draw(verdict_hash, 21, 5) + 1] as category,
        3000000 + draw(verdict_hash, 35, 600000) as offset_ms,
    from spoken
    where delay = $delay
),

final as (
    select
        encode(concat(
            '{"source":"gateway","request_id":"', request_id, '"',
            case hint
                when 'right' then ',"requested_at":"' || iso($hour_at, 0) || '"'
                when 'day_off' then ',"requested_at":"' || iso($hour_at - interval 1 day, 0) || '"'
            end,
            ',"detector":"judge","detector_version":"2026-10","verdict":"', verdict, '"',
            ',"score":', score_of_10000 // 10000, format('.{:04d}', score_of_10000 % 10000),
            case when verdict = 'unsatisfactory' then ',"category":"' || category || '"' end,
            ',"evidence":{"rubric":', 1 + score_of_10000 // 2000, '}',
            ',"assessed_at":"', iso($hour_at + to_hours($delay::integer), offset_ms), '"}'
        )) as line,
    from worded
    order by call_no, is_again
)

select * from final
