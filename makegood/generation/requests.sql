-- One row per log line of an hour's $call_count calls, in their order; only the lines that are written $delay hours after the hour of
-- their call. Everything is drawn from hashes of the seed, the hour and the call, so that a line never depends on when, or together with
-- which others, it is generated. The tables are those of tables.sql.
with calls as (
    select
        range as call_no,
        hash($seed::bigint, $hour_no::bigint, range) as call_hash,
        hash($seed::bigint, $hour_no::bigint, range, 1) as route_hash,
    from range($call_count)
),

drawn as (
    select
        calls.call_no,
        calls.call_hash,
        calls.route_hash,
        coalesce(turns.delivery, deliveries.delivery) as delivery,
        coalesce(turns.attempts, attempts.attempts) as attempts,
        coalesce(turns.pace, paces.pace) as pace,
        turns.outcome as turn_outcome,
    from calls
    inner join deliveries on deliveries.slot = draw(calls.call_hash, 0, 10000)
    inner join attempts on attempts.slot = draw(calls.call_hash, 17, 10000)
    inner join paces on paces.slot = draw(calls.call_hash, 34, 10000)
    left join turns
        on turns.hour_of_day = $hour_no % 24
        and (turns.turn + 1) * $call_count // 3 = calls.call_no
),

-- A call writes one line per attempt, and one more if its last attempt is delivered again.
lines as (
    select
        call_no,
        call_hash,
        route_hash,
        delivery,
        attempts,
        pace,
        turn_outcome,
        unnest(range(1, attempts + 1 + is_delivered_twice(delivery)::bigint)) as line_no,
    from drawn
    where $delay = 0 or delivery = 'late' or is_delivered_twice(delivery)
),

attempted as (
    select
        call_no,
        call_hash,
        route_hash,
        pace,
        turn_outcome,
        least(line_no, attempts) as attempt_no,
        line_no < attempts as is_retried,
        line_no > attempts as is_again,
        case when line_no < attempts then 'once' else delivery end as delivery,
        hash(call_hash, least(line_no, attempts)) as request_hash,
        hash(call_hash, least(line_no, attempts), 1) as size_hash,
        case
            when line_no < attempts then 0
            when delivery = 'late' then 1 + draw(call_hash, 51, 3)
            when line_no > attempts and delivery != 'repeated' then 1
            else 0
        end as delay,
    from lines
),

-- Calls follow the recorded arrivals: the k-th of n calls falls into the k-th of n equal shares of them. Each hour starts elsewhere.
placed as (
    select
        call_hash,
        route_hash,
        request_hash,
        size_hash,
        pace,
        attempt_no,
        is_again,
        delivery,
        case
            when is_retried
                then ['bad_gateway', 'unavailable', 'provider_rate_limited'][draw(request_hash, 0, 3) + 1]
            else coalesce(turn_outcome, outcome_slots.outcome)
        end as outcome,
        case
            when turn_outcome is not null then draw(route_hash, 0, 1000)
            when attempt_no = 3 then draw(request_hash, 20, 10000)
            else draw(route_hash, 0, 10000)
        end as model_slot,
        draw(route_hash, 28, 10000) as account_slot,
        (call_no * 1024 + draw(route_hash, 14, 1024)) * gap_count // $call_count as position,
        (position // 1024 + draw(hash($seed::bigint, $hour_no::bigint), 0, 8192)) % gap_count as gap_no,
    from attempted
    inner join outcome_slots on outcome_slots.slot = draw(attempted.request_hash, 0, 10000)
    cross join (select count(*) as gap_count from gaps)
    where delay = $delay
),

joined as (
    select
        placed.call_hash,
        placed.size_hash,
        'call_' || lower(hex(placed.call_hash)) as call_id,
        'req_' || lower(hex(placed.request_hash)) as request_id,
        placed.pace,
        placed.is_again,
        placed.delivery,
        outcomes.outcome,
        outcomes.finish_reason,
        outcomes.has_output and not models.is_embedding as has_output,
        models.is_embedding,
        outcomes.is_billed,
        outcomes.wait_ms * (50 + draw(placed.request_hash, 8, 101)) // 100 as wait_ms,
        outcomes.outcome_json,
        models.is_reasoning,
        models.model_json,
        models.stop_json,
        models.length_json,
        models.tool_calls_json,
        models.content_filter_json,
        models.model_max_tokens,
        models.input_price,
        models.cached_price,
        models.output_price,
        model_slots.ttft_ms,
        model_slots.inter_token_us,
        accounts.api_key,
        accounts.account_json,
        accounts.headers_json,
        not models.is_embedding and draw(placed.route_hash, 42, 10) < 7 as is_streamed,
        (gaps.at_us + gaps.gap_us * (placed.position % 1024) // 1024) // 1000
            + 1000 * placed.attempt_no * (placed.attempt_no - 1)
            + case when placed.is_again and placed.delivery = 'moved' then 3600000 else 0 end
            + case when placed.delivery = 'future_timestamp' then 86400000 else 0 end as offset_ms,
        case
            when outcomes.has_input
                then greatest(gaps.input_tokens * (50 + draw(placed.size_hash, 0, 101)) // 100, 1)
        end as input_tokens,
        greatest(
            least(
                gaps.output_tokens * [1, 2, 4, 8, 16, 32][draw(placed.size_hash, 7, 6) + 1]
                    * (50 + draw(placed.size_hash, 10, 101)) // 100,
                models.model_max_tokens,
                case when placed.pace = 'crawling' then 1000 else 6000 end
            ),
            case when placed.pace = 'crawling' then 80 else 1 end
        ) as answer_tokens,
    from placed
    inner join outcomes on outcomes.outcome = placed.outcome
    inner join model_slots on model_slots.slot = placed.model_slot
    inner join models on models.model_no = model_slots.model_no
    inner join account_slots on account_slots.slot = placed.account_slot
    inner join accounts on accounts.account_no = account_slots.account_no
    inner join gaps on gaps.gap_no = placed.gap_no
),

measured as (
    select
        delivery,
        call_hash,
        call_id,
        request_id,
        offset_ms,
        outcome,
        finish_reason,
        is_embedding,
        is_streamed,
        outcome_json,
        model_json,
        stop_json,
        length_json,
        tool_calls_json,
        content_filter_json,
        api_key,
        account_json,
        headers_json,
        size_hash,
        input_tokens,
        case
            when not has_output then null
            when outcome in ('empty', 'billed_failure') then 0
            when outcome in ('cancelled', 'stream_cut') then answer_tokens * draw(size_hash, 17, 101) // 100
            else answer_tokens
        end as output_tokens,
        case
            when cached_price is null then null
            when draw(size_hash, 24, 10) < 3 then input_tokens * (20 + draw(size_hash, 28, 76)) // 100
            else input_tokens * 0
        end as cached_tokens,
        case
            when outcome = 'thought_only' then output_tokens
            when is_reasoning then output_tokens * (50 + draw(size_hash, 47, 36)) // 100
        end as reasoning_tokens,
        case
            when is_embedding then null
            when outcome = 'caller_limit' then answer_tokens
            when outcome = 'truncated' then answer_tokens + 256 * (1 + draw(size_hash, 35, 4))
            when draw(size_hash, 37, 10) < 6
                then least((answer_tokens // 256 + 1) * 256 * (1 + draw(size_hash, 35, 4)), model_max_tokens)
        end as max_output_tokens,
        case
            when not is_billed then 0
            when is_again or delivery != 'corrected'
                then (input_tokens - coalesce(cached_tokens, 0)) * input_price
                    + coalesce(cached_tokens * cached_price, 0)
                    + coalesce(output_tokens * output_price, 0)
            else input_tokens * input_price
        end as cost_pico_usd,
        case when pace = 'slow' then 30 + draw(size_hash, 57, 51) else 10 end as tenfold,
        greatest(ttft_ms * (80 + draw(size_hash, 41, 41)) // 100 + coalesce(input_tokens, 0) // 40, 20) as first_ms,
        coalesce(output_tokens, 0) * inter_token_us * (85 + draw(size_hash, 52, 31)) // 100000 as rest_ms,
        case
            when wait_ms is not null then wait_ms
            when is_embedding then first_ms // 3
            when pace = 'crawling'
                then first_ms + greatest(output_tokens * (210 + 10 * draw(size_hash, 52, 31)), 31000)
            when pace = 'stalled' then first_ms + rest_ms + 600000 + 100 * draw(size_hash, 52, 3000)
            else (first_ms + rest_ms) * tenfold // 10
        end as latency_ms,
        case
            when is_streamed and output_tokens > 0 then coalesce(wait_ms, first_ms * tenfold // 10)
        end as time_to_first_ms,
    from joined
),

written as (
    select
        delivery,
        request_id,
        concat(
            '{"gateway_call_id":"', call_id,
            case when draw(call_hash, 3, 5) < 2 then '","trace_id":"trace-' || call_id end,
            case when delivery != 'missing_request_id' then '","request_id":"' || request_id end,
            '"',
            account_json,
            case
                when delivery = 'bad_timestamp' then ',"requested_at":"2026-13-01T00:00:00.000Z"'
                when delivery != 'missing_timestamp' then ',"requested_at":"' || iso($hour_at, offset_ms) || '"'
            end,
            ',"completed_at":"', iso($hour_at, offset_ms + latency_ms), '"',
            case when delivery != 'missing_model' then model_json end,
            case
                when delivery = 'negative_value' then ',"input_tokens":-1'
                else ',"input_tokens":' || input_tokens
            end,
            case
                when delivery = 'out_of_range' then ',"output_tokens":9223372036854775808'
                else ',"output_tokens":' || output_tokens
            end,
            ',"cached_tokens":' || cached_tokens,
            ',"reasoning_tokens":' || reasoning_tokens,
            ',"cost_usd":',
            coalesce(
                concat('"', cost_pico_usd // 1000000000000)
                || format('.{:012d}"', cost_pico_usd % 1000000000000),
                'null'
            ),
            ',"latency_ms":', latency_ms,
            ',"ttft_ms":' || time_to_first_ms,
            ',"streamed":', is_streamed,
            case
                when finish_reason in ('cancelled', 'error') then ',"finish_reason":"' || finish_reason || '"'
                when is_embedding then null
                when finish_reason = 'stop' then stop_json
                when finish_reason = 'length' then length_json
                when finish_reason = 'tool_calls' then tool_calls_json
                when finish_reason = 'content_filter' then content_filter_json
            end,
            case
                when outcome = 'unauthorized' then replace(outcome_json, '{key}', api_key) else outcome_json
            end,
            ',"max_output_tokens":' || max_output_tokens,
            ',"meta":{"headers":{', headers_json,
            ',"x-request-id":"', request_id,
            '"},"parameters":{"temperature":0.', draw(size_hash, 3, 10), ',"stream":', is_streamed,
            ',"max_tokens":' || max_output_tokens,
            '},"context":{"route":"',
            case when is_embedding then '/v1/embeddings' else '/v1/chat/completions' end, '"',
            case when delivery = 'line_separator' then concat(',"title":"figures', chr(8232), 'of the quarter"') end,
            '}}}'
        ) as line,
    from measured
),

final as (
    select
        encode(
            case delivery
                when 'malformed' then '}' || line
                when 'cut_short' then left(line, length(line) // 2)
                when 'not_an_object' then '["' || request_id || '"]'
                when 'blank' then ''
                else line
            end
        ) as line,
    from written
)

select * from final
