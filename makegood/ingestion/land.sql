-- One row per record that the adapter returns, in canonical columns, with its fault if it has one. The adapter's query is the first CTE.
create or replace temp table landed_rows as
with adapted as (
{adapted}
),

worded as (
    select
        *,
        concat_ws(
            ' ', request_id, trace_id, gateway_call_id, account_id, api_key_ref, model, model_served, provider, finish_reason,
            native_finish_reason, status_code, error_code, operation, native_operation
        ) as words,
        contains(words, '{') or contains(words, '[') as has_brackets,
        without_first_credential(meta) as cleaned_meta,
    from adapted
),

-- Texts become typed values. The texts are kept beside them, to distinguish "not reported" from "not readable".
typed as (
    select
        origin,
        is_ignored,
        is_foreign,
        named(request_id) as reported_id,
        coalesce(is_named_by_call, false) as is_named_by_call,
        text_of(trace_id, has_brackets) as trace_id,
        named(gateway_call_id) as gateway_call_id,
        coalesce(named(account_id), 'unknown') as account_id,
        named(api_key_ref) as api_key_ref,
        case when nullif(worded.operation, '') is null then 'chat' else coalesce(operations.meaning, 'other') end as operation,
        text_of(native_operation, has_brackets) as native_operation,
        instant(requested_at) as requested_at,
        instant(completed_at) as completed_at,
        nullif(model, '') as model,
        text_of(model_served, has_brackets) as model_served,
        text_of(provider, has_brackets) as provider,
        whole_number(input_tokens) as input_tokens,
        whole_number(output_tokens) as output_tokens,
        whole_number(cached_tokens) as cached_tokens,
        whole_number(reasoning_tokens) as reasoning_tokens,
        whole_number(cache_write_tokens) as cache_write_tokens,
        whole_number(cache_write_1h_tokens) as cache_write_1h_tokens,
        money_usd(cost_usd) as cost_usd,
        case
            when cost_usd is null and coalesce(cost_basis, 'billed') = 'billed' then 'absent'
            else coalesce(cost_basis, 'billed')
        end as cost_basis,
        -- No decision depends on these two: an unreadable or negative value counts as not reported.
        case when money_usd(list_cost_usd) >= 0 then money_usd(list_cost_usd) end as list_cost_usd,
        case when money_usd(discount_usd) >= 0 then money_usd(discount_usd) end as discount_usd,
        try_cast(cache_hit as boolean) as cache_hit,
        whole_number(latency_ms) as reported_latency_ms,
        whole_number(ttft_ms) as reported_ttft_ms,
        try_cast(streamed as boolean) as streamed,
        try_cast(cancelled as boolean) as cancelled,
        case when nullif(worded.finish_reason, '') is not null then coalesce(finish_reasons.meaning, 'other') end as finish_reason,
        text_of(native_finish_reason, has_brackets) as native_finish_reason,
        try_cast(has_answer as boolean) as has_answer,
        coalesce(try_cast(is_answer_withheld as boolean), false) as is_answer_withheld,
        status_code,
        error_code,
        error_message,
        lower(nullif(error_origin, '')) as error_origin,
        whole_number(max_output_tokens) as max_output_tokens,
        meta,
        cleaned_meta,
        is_harmless(cleaned_meta) as is_meta_harmless,
        may_have_key(words) as may_have_key,
        case
            when origin.is_undecodable
            then contains(concat_ws(' ', request_id, gateway_call_id, account_id, api_key_ref, model), chr(65533))
        end as has_undecodable_name,
        has_controls,
        case
            when has_brackets
            then is_nested(request_id) or is_nested(gateway_call_id) or is_nested(account_id) or is_nested(api_key_ref)
            or is_nested(model) or is_nested(worded.finish_reason) or is_nested(status_code) or is_nested(error_code)
            or is_nested(worded.operation)
        end as has_nested,
        struct_pack(
            requested_at, completed_at, input_tokens, output_tokens, cached_tokens, reasoning_tokens, cache_write_tokens,
            cache_write_1h_tokens, cost_usd, cache_hit, latency_ms, cancelled, has_answer,
            is_answer_withheld
        ) as text,
    from worded
    left join finish_reasons on finish_key(worded.finish_reason) = finish_reasons.key
    left join operations on operation_key(worded.operation) = operations.key
),

measured as (
    select
        *,
        coalesce(date_diff('millisecond', requested_at, completed_at), reported_latency_ms) as latency_ms,
        -- A time to first token that is not strictly between start and end was not measured. Without an end, any positive time counts.
        case
            when streamed and reported_ttft_ms > 0
                and reported_ttft_ms < coalesce(date_diff('millisecond', requested_at, completed_at), reported_latency_ms, 9223372036854775807)
            then reported_ttft_ms
        end as ttft_ms,
        (text.input_tokens is not null and input_tokens is null)
        or (text.output_tokens is not null and output_tokens is null)
        or (text.cached_tokens is not null and cached_tokens is null)
        or (text.reasoning_tokens is not null and reasoning_tokens is null)
        or (text.cache_write_tokens is not null and cache_write_tokens is null)
        or (text.cache_write_1h_tokens is not null and cache_write_1h_tokens is null)
        or (text.latency_ms is not null and reported_latency_ms is null)
        or (text.cost_usd is not null and cost_usd is null)
        or (text.cache_hit is not null and cache_hit is null)
        or (text.cancelled is not null and cancelled is null)
        or (text.has_answer is not null and has_answer is null)
        or (text.is_answer_withheld is not null and try_cast(text.is_answer_withheld as boolean) is null)
        or (text.completed_at is not null and completed_at is null) as has_unreadable,
    from typed
),

-- Which purchase a record belongs to, from the record alone. A call id names a call, but callers may choose it, attempts share it, and a
-- call is logged twice under it if one API is served through another. So the key also contains usage and cost, or the start time if these
-- are zero. If nothing names the purchase, everything that distinguishes it from others does.
identified as (
    select
        *,
        (coalesce(cost_usd, 0) > 0 or coalesce(input_tokens, 0) > 0 or coalesce(output_tokens, 0) > 0)
        and gateway_call_id is not null and (is_named_by_call or reported_id is null) as needs_overlap,
        coalesce(
            reported_id,
            gateway_call_id,
            'no-id-' || left(
                sha256(concat_ws(
                    ' ', epoch_ms(requested_at), coalesce(epoch_ms(completed_at), -1), coalesce(input_tokens, -1),
                    coalesce(output_tokens, -1), coalesce(cost_usd, -1), coalesce(latency_ms, -1), strlen(account_id), strlen(model),
                    account_id, model, operation, coalesce(api_key_ref, ''), coalesce(trace_id, '')
                )),
                32
            )
        ) as request_id,
    from measured
),

checked as (
    select
        identified.* replace (
            -- Callers choose this limit freely; a value beyond that of any model counts as no limit.
            case when max_output_tokens between 0 and files.most_tokens then max_output_tokens end as max_output_tokens
        ),
        files.source,
        files.landing_file,
        files.landed_hour,
        case
            when needs_overlap then request_key_of(
                files.source, account_id, api_key_ref, 'call',
                concat_ws(
                    ',', coalesce(input_tokens, -1), coalesce(output_tokens, -1), coalesce(cost_usd, -1),
                    coalesce(finish_reason = 'error', false)
                ),
                gateway_call_id
            )
            when gateway_call_id is not null and (is_named_by_call or reported_id is null)
            then request_key_of(files.source, account_id, api_key_ref, 'attempt', epoch_ms(requested_at), gateway_call_id)
            when is_named_by_call
            then request_key_of(files.source, account_id, api_key_ref, 'answer', epoch_ms(requested_at), request_id)
            else request_key_of(files.source, account_id, api_key_ref, 'id', 0, request_id)
        end as request_key,
        case
            when origin.fault is not null then origin.fault
            when is_ignored then 'not_a_request'
            when is_foreign then 'another_format'
            when has_undecodable_name then 'invalid_encoding'
            when has_nested then 'wrong_type'
            when text.requested_at is null and reported_id is null and gateway_call_id is null then 'missing_request_id'
            when text.requested_at is null then 'missing_timestamp'
            when requested_at is null and is_nested(text.requested_at) then 'wrong_type'
            when requested_at is null or requested_at < files.earliest_at then 'bad_timestamp'
            when requested_at > files.latest_at or completed_at > files.latest_at + interval 1 day then 'future_timestamp'
            when model is null then 'missing_model'
            when has_unreadable then
                case
                    when magnitude(text.cost_usd) >= files.largest_cost_usd
                        or greatest(
                            magnitude(text.input_tokens), magnitude(text.output_tokens), magnitude(text.cached_tokens),
                            magnitude(text.reasoning_tokens), magnitude(text.cache_write_tokens),
                            magnitude(text.cache_write_1h_tokens)
                        ) > files.most_tokens
                        or magnitude(text.latency_ms) > files.longest_ms
                    then 'out_of_range'
                    else 'wrong_type'
                end
            when least(
                input_tokens, output_tokens, cached_tokens, reasoning_tokens, cache_write_tokens, cache_write_1h_tokens,
                latency_ms, ttft_ms, cost_usd
            ) < 0
            then 'negative_value'
            when greatest(
                    input_tokens, output_tokens, cached_tokens, reasoning_tokens, cache_write_tokens, cache_write_1h_tokens
                ) > files.most_tokens
                or greatest(latency_ms, reported_latency_ms) > files.longest_ms
            then 'out_of_range'
        end as fault,
    from identified
    inner join files on identified.origin.file_index = files.file_index
)

select
    source,
    request_id,
    trace_id,
    gateway_call_id,
    account_id,
    api_key_ref,
    operation,
    native_operation,
    requested_at,
    completed_at,
    model,
    model_served,
    provider,
    input_tokens,
    output_tokens,
    cached_tokens,
    reasoning_tokens,
    cache_write_tokens,
    cache_write_1h_tokens,
    cost_usd,
    cost_basis,
    list_cost_usd,
    discount_usd,
    cache_hit,
    latency_ms,
    ttft_ms,
    streamed,
    cancelled,
    finish_reason,
    native_finish_reason,
    has_answer,
    is_answer_withheld,
    status_code,
    error_code,
    left(error_message, 2000) as error_message,
    left(error_message, 65537) as whole_message,
    error_origin,
    max_output_tokens,
    case when is_meta_harmless then cleaned_meta end as meta,
    case when not is_meta_harmless then meta end as suspect_meta,
    may_have_key,
    landed_hour,
    landing_file,
    origin.line as landing_line,
    request_key,
    needs_overlap,
    key_hash_of(request_key) as key_hash,
    id_hash_of(source, request_id) as id_hash,
    date_trunc('hour', requested_at) as request_hour,
    origin.file_index as file_index,
    has_controls,
    fault,
from checked
