-- Chunks of landing files become checked canonical rows, each with its fault or none. The adapter, the log format's own SQL, goes into its CTE.
create or replace temp table landed_rows as
with lines as (
    select
        file_index,
        first_line + generate_subscripts(texts, 1) - 1 as line,
        unnest(texts) as raw,
        last_line,
        last_line_fault,
        is_reencoded,
    from (select *, string_split(content, chr(10)) as texts from chunks)
),

faulted as (
    select
        file_index,
        line,
        raw,
        case
            when line = last_line and last_line_fault is not null then last_line_fault
            when trim(raw, e' \t\r') = '' then 'blank_line'
            when is_reencoded and contains(raw, chr(65533)) then 'invalid_encoding'
            when not json_valid(raw) then 'malformed_json'
            when not starts_with(ltrim(raw, e' \t\r'), '{') then 'not_an_object'
        end as fault,
    from lines
),

records as (
    select
        struct_pack(file_index := file_index, line := line, fault := fault) as origin,
        case when fault is null then raw::json end as record,
    from faulted
),

adapted as (
{adapter}
),

-- Text becomes typed; the text stays beside it, to tell "not reported" from "not readable".
typed as (
    select
        origin,
        is_ignored,
        nullif(request_id, '') as request_id,
        trace_id,
        gateway_call_id,
        coalesce(nullif(account_id, ''), 'unknown') as account_id,
        api_key_ref,
        instant(requested_at) as requested_at,
        instant(completed_at) as completed_at,
        nullif(model, '') as model,
        model_served,
        provider,
        whole_number(input_tokens) as input_tokens,
        whole_number(output_tokens) as output_tokens,
        whole_number(cached_tokens) as cached_tokens,
        whole_number(reasoning_tokens) as reasoning_tokens,
        money_usd(cost_usd) as cost_usd,
        try_cast(cache_hit as boolean) as cache_hit,
        whole_number(latency_ms) as reported_latency_ms,
        whole_number(ttft_ms) as reported_ttft_ms,
        try_cast(streamed as boolean) as streamed,
        try_cast(cancelled as boolean) as cancelled,
        canonical_finish(finish_reason) as finish_reason,
        coalesce(native_finish_reason, finish_reason) as native_finish_reason,
        status_code,
        error_code,
        left(error_message, 2000) as error_message,
        whole_number(max_output_tokens) as max_output_tokens,
        meta,
        struct_pack(
            requested_at, completed_at, input_tokens, output_tokens, cached_tokens, reasoning_tokens, max_output_tokens, cost_usd,
            cache_hit, latency_ms, ttft_ms, streamed, cancelled
        ) as text,
    from adapted
),

measured as (
    select
        *,
        coalesce(date_diff('millisecond', requested_at, completed_at), reported_latency_ms) as latency_ms,
        case when streamed then reported_ttft_ms end as ttft_ms,
        (text.input_tokens is not null and input_tokens is null)
        or (text.output_tokens is not null and output_tokens is null)
        or (text.cached_tokens is not null and cached_tokens is null)
        or (text.reasoning_tokens is not null and reasoning_tokens is null)
        or (text.max_output_tokens is not null and max_output_tokens is null)
        or (text.latency_ms is not null and reported_latency_ms is null)
        or (text.ttft_ms is not null and reported_ttft_ms is null)
        or (text.cost_usd is not null and cost_usd is null and try_cast(text.cost_usd as double) is null)
        or (text.cache_hit is not null and cache_hit is null)
        or (text.streamed is not null and streamed is null)
        or (text.cancelled is not null and cancelled is null)
        or (text.completed_at is not null and completed_at is null) as has_wrong_type,
        text.cost_usd is not null and cost_usd is null as is_cost_out_of_range,
    from typed
),

checked as (
    select
        measured.*,
        files.source,
        files.landing_file,
        files.landed_hour,
        case
            when origin.fault is not null then origin.fault
            when is_ignored then 'not_a_request'
            when request_id is null then 'missing_request_id'
            when text.requested_at is null then 'missing_timestamp'
            when requested_at is null or requested_at < files.earliest_at then 'bad_timestamp'
            when requested_at > files.landed_hour + interval 65 minutes then 'future_timestamp'
            when model is null then 'missing_model'
            when has_wrong_type then 'wrong_type'
            when least(input_tokens, output_tokens, cached_tokens, reasoning_tokens, max_output_tokens, latency_ms, ttft_ms) < 0
                or cost_usd < 0
            then 'negative_value'
            when is_cost_out_of_range
                or greatest(input_tokens, output_tokens, cached_tokens, reasoning_tokens, max_output_tokens, latency_ms, ttft_ms) > files.largest_count
            then 'out_of_range'
        end as fault,
    from measured
    inner join files on measured.origin.file_index = files.file_index
)

select
    source,
    request_id,
    trace_id,
    gateway_call_id,
    account_id,
    api_key_ref,
    requested_at,
    completed_at,
    model,
    model_served,
    provider,
    input_tokens,
    output_tokens,
    cached_tokens,
    reasoning_tokens,
    cost_usd,
    cache_hit,
    latency_ms,
    ttft_ms,
    streamed,
    cancelled,
    finish_reason,
    native_finish_reason,
    status_code,
    error_code,
    redacted(error_message) as error_message,
    max_output_tokens,
    redacted(meta) as meta,
    landed_hour,
    landing_file,
    origin.line as landing_line,
    md5_number_lower(source || '|' || request_id)::ubigint as key_hash,
    requested_at::date as request_date,
    strftime(requested_at, '%H') as request_hour,
    fault,
from checked
