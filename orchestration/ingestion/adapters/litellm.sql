-- One row per LiteLLM StandardLoggingPayload (1.106), as its JSONL callbacks and its S3 logger write it.
-- Seen in real recordings: response_time is the time to first token on streams; completionStartTime equals endTime where nothing was
-- streamed; failures say stream null, 0 tokens and cost 0.0; a model without a price says cost 0.0 and no more; a caller who left is
-- a success with error code 499.
with parsed as (
    select
        origin,
        record,
        json_transform(
            record,
            '{
                "id": "VARCHAR", "litellm_call_id": "VARCHAR", "trace_id": "VARCHAR", "call_type": "VARCHAR", "cache_hit": "VARCHAR",
                "stream": "VARCHAR", "status": "VARCHAR", "custom_llm_provider": "VARCHAR", "startTime": "VARCHAR",
                "endTime": "VARCHAR", "completionStartTime": "VARCHAR", "model": "VARCHAR", "model_group": "VARCHAR",
                "response_cost": "JSON", "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR", "end_user": "VARCHAR",
                "api_base": "JSON", "request_tags": "JSON", "cost_breakdown": "JSON", "user_agent": "JSON", "error_str": "VARCHAR",
                "metadata": "JSON", "hidden_params": "JSON", "model_parameters": "JSON",
                "response": {"model": "VARCHAR", "stop_reason": "VARCHAR", "status": "VARCHAR", "choices": [{"finish_reason": "VARCHAR"}]},
                "error_information": {
                    "error_code": "VARCHAR", "error_class": "VARCHAR", "error_message": "VARCHAR", "llm_provider": "VARCHAR",
                    "error_rate_limit_category": "VARCHAR", "normalized_error": "VARCHAR"
                }
            }'
        ) as field,
    from records
),

nested as (
    select
        *,
        json_transform(
            field.metadata,
            '{
                "user_api_key_hash": "VARCHAR", "user_api_key_team_id": "VARCHAR", "user_api_key_org_id": "VARCHAR",
                "user_api_key_user_id": "VARCHAR",
                "usage_object": {
                    "prompt_tokens_details": {"cached_tokens": "VARCHAR"},
                    "cache_read_input_tokens": "VARCHAR",
                    "completion_tokens_details": {"reasoning_tokens": "VARCHAR"}
                }
            }'
        ) as metadata,
        json_transform(
            field.model_parameters,
            '{"max_tokens": "VARCHAR", "max_completion_tokens": "VARCHAR", "max_output_tokens": "VARCHAR"}'
        ) as parameters,
        number_text(record, 'response_cost', field.response_cost) as cost_text,
        coalesce(field.status = 'failure', false) as is_failure,
        coalesce(field.error_information.error_code = '499', false) as is_cancelled,
        coalesce(field.cache_hit = 'true', false) as is_cache_hit,
        coalesce(whole_number(field.prompt_tokens) > 0 or whole_number(field.completion_tokens) > 0, false) as has_usage,
        coalesce(
            field.call_type in (
                'embedding', 'aembedding', 'rerank', 'arerank', 'moderation', 'amoderation', 'image_generation',
                'aimage_generation', 'transcription', 'atranscription', 'speech', 'aspeech'
            ),
            false
        ) as has_no_completion,
        coalesce(
            field.response.choices[1].finish_reason,
            field.response.stop_reason,
            case when field.call_type in ('responses', 'aresponses') then field.response.status end
        ) as native_finish,
    from parsed
),

final as (
    select
        origin,
        false as is_ignored,
        field.id as request_id,
        true as is_named_by_call,
        nullif(field.trace_id, '') as trace_id,
        nullif(field.litellm_call_id, '') as gateway_call_id,
        coalesce(
            nullif(metadata.user_api_key_team_id, ''),
            nullif(metadata.user_api_key_org_id, ''),
            nullif(metadata.user_api_key_user_id, '')
        ) as account_id,
        nullif(metadata.user_api_key_hash, '') as api_key_ref,
        null::varchar as operation,
        field.call_type as native_operation,
        field.startTime as requested_at,
        field.endTime as completed_at,
        field.model as model,
        field.response.model as model_served,
        field.custom_llm_provider as provider,
        case when has_usage then field.prompt_tokens end as input_tokens,
        case when has_usage and not has_no_completion then field.completion_tokens end as output_tokens,
        coalesce(
            metadata.usage_object.prompt_tokens_details.cached_tokens,
            metadata.usage_object.cache_read_input_tokens
        ) as cached_tokens,
        metadata.usage_object.completion_tokens_details.reasoning_tokens as reasoning_tokens,
        null::varchar as cache_write_tokens,
        null::varchar as cache_write_1h_tokens,
        case
            when field.status = 'success' and has_usage and not is_cache_hit and wide_decimal(cost_text) = 0 then null
            else cost_text
        end as cost_usd,
        null::varchar as cost_basis,
        null::varchar as list_cost_usd,
        null::varchar as discount_usd,
        field.cache_hit as cache_hit,
        null::varchar as latency_ms,
        case
            when field.stream = 'true' then date_diff('millisecond', instant(field.startTime), instant(field.completionStartTime))::varchar
        end as ttft_ms,
        coalesce(field.stream, case when not is_failure then 'false' end) as streamed,
        is_cancelled::varchar as cancelled,
        case
            when is_cancelled then 'cancelled'
            when is_failure then 'error'
            else native_finish
        end as finish_reason,
        native_finish as native_finish_reason,
        null::varchar as has_answer,
        null::varchar as is_answer_withheld,
        nullif(field.error_information.error_code, '') as status_code,
        case
            when field.error_information.error_code = '429' and field.error_information.error_rate_limit_category = 'vendor_rate_limit'
            then 'provider_rate_limited'
            else nullif(field.error_information.error_class, '')
        end as error_code,
        coalesce(nullif(field.error_information.error_message, ''), field.error_str) as error_message,
        null::varchar as error_origin,
        coalesce(parameters.max_completion_tokens, parameters.max_tokens, parameters.max_output_tokens) as max_output_tokens,
        json_object(
            'call_type', field.call_type,
            'model_group', nullif(field.model_group, ''),
            'end_user', field.end_user,
            'api_base', field.api_base,
            'user_agent', field.user_agent,
            'request_tags', field.request_tags,
            'model_parameters', json_merge_patch(field.model_parameters, '{"tools": null, "functions": null, "messages": null}'::json),
            'cost_breakdown', field.cost_breakdown,
            'metadata', field.metadata,
            'hidden_params', field.hidden_params,
            'error_information', json_object(
                'error_code', nullif(field.error_information.error_code, ''),
                'error_class', nullif(field.error_information.error_class, ''),
                'llm_provider', nullif(field.error_information.llm_provider, ''),
                'normalized_error', field.error_information.normalized_error
            )
        )::varchar as meta,
    from nested
)

select * from final
