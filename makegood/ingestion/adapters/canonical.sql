-- One row per record of the canonical format: JSON with the column names of the canonical request log. Unknown fields go to meta.
-- Contract of every adapter: it reads `records` (origin; record: JSON text; shape: its list of keys in the table `shapes`, if it is there)
-- and returns at least one row for each of them, also if record is null. It passes `origin` through; every other column is text, as the log
-- has it. is_ignored marks what is not a request, is_foreign what is not a record of this format although it may look like one.
-- shapes_here has the keys of each shape for which the canonical log has no column, except those that hold prompts or answers.
with shapes_here as (
    select
        shape,
        list_transform(
            list_filter(
                keys,
                lambda key: key not in (
                    'request_id', 'trace_id', 'gateway_call_id', 'account_id', 'api_key_ref', 'requested_at', 'completed_at', 'model',
                    'model_served', 'provider', 'input_tokens', 'output_tokens', 'cached_tokens', 'reasoning_tokens', 'cost_usd',
                    'cache_hit', 'latency_ms', 'ttft_ms', 'streamed', 'cancelled', 'finish_reason', 'native_finish_reason',
                    'status_code', 'error_code', 'error_message', 'max_output_tokens', 'operation', 'native_operation',
                    'cache_write_tokens', 'cache_write_1h_tokens', 'list_cost_usd', 'discount_usd', 'has_answer',
                    'is_answer_withheld', 'error_origin', 'meta', 'source', 'messages', 'prompt', 'response', 'choices', 'completion',
                    'content', 'input', 'output', 'system'
                )
            ),
            lambda key: {'name': to_json(key)::varchar, 'pointer': '/' || replace(replace(key, '~', '~0'), '/', '~1')}
        ) as unknown_keys,
        unknown_keys[1] as unknown_1,
        unknown_keys[2] as unknown_2,
        unknown_keys[3] as unknown_3,
        unknown_keys[4] as unknown_4,
        len(unknown_keys) <= 4 as are_unknown_few,
    from shapes
),

parsed as (
    select
        origin,
        record,
        json_transform(
            record,
            '{
                "request_id": "VARCHAR", "trace_id": "VARCHAR", "gateway_call_id": "VARCHAR", "account_id": "VARCHAR",
                "api_key_ref": "VARCHAR", "requested_at": "VARCHAR", "completed_at": "VARCHAR", "model": "VARCHAR",
                "model_served": "VARCHAR", "provider": "VARCHAR", "input_tokens": "VARCHAR", "output_tokens": "VARCHAR",
                "cached_tokens": "VARCHAR", "reasoning_tokens": "VARCHAR", "cost_usd": "JSON", "cache_hit": "VARCHAR",
                "latency_ms": "VARCHAR", "ttft_ms": "VARCHAR", "streamed": "VARCHAR", "cancelled": "VARCHAR",
                "finish_reason": "VARCHAR", "native_finish_reason": "VARCHAR", "status_code": "VARCHAR", "error_code": "VARCHAR",
                "error_message": "VARCHAR", "max_output_tokens": "VARCHAR", "operation": "VARCHAR", "native_operation": "VARCHAR",
                "cache_write_tokens": "VARCHAR", "cache_write_1h_tokens": "VARCHAR", "list_cost_usd": "JSON", "discount_usd": "JSON",
                "has_answer": "VARCHAR", "is_answer_withheld": "VARCHAR", "error_origin": "VARCHAR", "meta": "JSON"
            }'
        ) as field,
        shapes_here.unknown_1,
        shapes_here.unknown_2,
        shapes_here.unknown_3,
        shapes_here.unknown_4,
        shapes_here.are_unknown_few,
        -- Up to four fields are extracted one by one, at a quarter of the cost of a merge patch, in which null removes a field.
        case
            when shapes_here.are_unknown_few
            then concat_ws(
                ',', named_field(record, unknown_1), named_field(record, unknown_2), named_field(record, unknown_3),
                named_field(record, unknown_4)
            )
        end as few_fields,
        case
            when shapes_here.are_unknown_few then null
            else json_merge_patch(
                record,
                '{
                    "request_id": null, "trace_id": null, "gateway_call_id": null, "account_id": null, "api_key_ref": null,
                    "requested_at": null, "completed_at": null, "model": null, "model_served": null, "provider": null,
                    "input_tokens": null, "output_tokens": null, "cached_tokens": null, "reasoning_tokens": null,
                    "cost_usd": null, "cache_hit": null, "latency_ms": null, "ttft_ms": null, "streamed": null,
                    "cancelled": null, "finish_reason": null, "native_finish_reason": null, "status_code": null,
                    "error_code": null, "error_message": null, "max_output_tokens": null, "operation": null,
                    "native_operation": null, "cache_write_tokens": null, "cache_write_1h_tokens": null, "list_cost_usd": null,
                    "discount_usd": null, "has_answer": null, "is_answer_withheld": null, "error_origin": null, "meta": null, "source": null,
                    "messages": null, "prompt": null, "response": null, "choices": null, "completion": null, "content": null,
                    "input": null, "output": null, "system": null
                }'::json
            )::varchar
        end as many_fields,
    from records
    left join shapes_here on records.shape = shapes_here.shape
),

-- In tables, meta is a string that contains JSON.
gathered as (
    select
        origin,
        record,
        field,
        unknown_1,
        unknown_2,
        unknown_3,
        unknown_4,
        few_fields,
        coalesce('{' || few_fields || '}', many_fields) as unknown_fields,
        case
            when starts_with(field.meta, '"') and json_valid(field.meta ->> '$') then json(field.meta ->> '$')
            else nullif(field.meta, 'null')
        end as meta,
    from parsed
),

final as (
    select
        origin,
        false as is_ignored,
        false as is_foreign,
        field.request_id as request_id,
        -- Self-hosted model servers assign ids of a few digits, which recur: they identify an answer, not a purchase.
        case
            when strlen(field.request_id) <= 12 then regexp_full_match(field.request_id, '(?:chat)?cmpl-[0-9]{1,3}') else false
        end as is_named_by_call,
        field.trace_id as trace_id,
        field.gateway_call_id as gateway_call_id,
        field.account_id as account_id,
        field.api_key_ref as api_key_ref,
        field.operation as operation,
        coalesce(field.native_operation, field.operation) as native_operation,
        field.requested_at as requested_at,
        field.completed_at as completed_at,
        field.model as model,
        field.model_served as model_served,
        field.provider as provider,
        field.input_tokens as input_tokens,
        field.output_tokens as output_tokens,
        field.cached_tokens as cached_tokens,
        field.reasoning_tokens as reasoning_tokens,
        field.cache_write_tokens as cache_write_tokens,
        field.cache_write_1h_tokens as cache_write_1h_tokens,
        number_text(record, 'cost_usd', field.cost_usd) as cost_usd,
        null::varchar as cost_basis,
        case when field.list_cost_usd is not null then number_text(record, 'list_cost_usd', field.list_cost_usd) end as list_cost_usd,
        case when field.discount_usd is not null then number_text(record, 'discount_usd', field.discount_usd) end as discount_usd,
        field.cache_hit as cache_hit,
        field.latency_ms as latency_ms,
        field.ttft_ms as ttft_ms,
        field.streamed as streamed,
        field.cancelled as cancelled,
        field.finish_reason as finish_reason,
        coalesce(field.native_finish_reason, field.finish_reason) as native_finish_reason,
        field.has_answer as has_answer,
        field.is_answer_withheld as is_answer_withheld,
        field.status_code as status_code,
        field.error_code as error_code,
        field.error_message as error_message,
        field.error_origin as error_origin,
        field.max_output_tokens as max_output_tokens,
        case
            when unknown_fields = '{}' then meta::varchar
            when meta is null or meta = '{}' then unknown_fields
            when not starts_with(meta, '{') then json_merge_patch(json_object('meta', meta), unknown_fields)::varchar
            -- Two objects without a common key are merged by joining them without the braces in between.
            when contains(few_fields, ':null') or has_name(meta, unknown_1) or has_name(meta, unknown_2) or has_name(meta, unknown_3)
                or has_name(meta, unknown_4) or few_fields is null
            then json_merge_patch(meta, unknown_fields)::varchar
            else left(meta::varchar, -1) || ',' || few_fields || '}'
        end as meta,
    from gathered
)

select * from final
