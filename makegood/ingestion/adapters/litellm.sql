-- One row per LiteLLM StandardLoggingPayload (1.106), as its JSONL callbacks and its S3 logger write it.
-- Observed in real recordings: on streams, response_time is the time to first token; without streaming, completionStartTime equals endTime;
-- failures have stream null, 0 tokens and cost 0.0; a call that the caller aborted is a success with error code 499; a provider's word for
-- why an answer ended is replaced by OpenAI's closest (network_error by stop), and kept in provider_specific_fields.
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
                "metadata": "JSON", "hidden_params": "JSON", "model_parameters": "JSON", "response": "JSON",
                "response_cost_failure_debug_info": "VARCHAR", "zero_cost_diagnostic": "VARCHAR",
                "status_fields": {"guardrail_status": "VARCHAR"},
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
                "user_api_key_user_id": "VARCHAR", "user_api_key_request_route": "VARCHAR", "usage_object": "JSON"
            }'
        ) as metadata,
        json_transform(
            field.model_parameters,
            '{"max_tokens": "VARCHAR", "max_completion_tokens": "VARCHAR", "max_output_tokens": "VARCHAR"}'
        ) as parameters,
        body_of(field.response) as body,
        number_text(record, 'response_cost', field.response_cost) as cost_text,
        field.cost_breakdown ->> '$.total_cost' as breakdown_text,
        coalesce(field.status = 'failure', false) as is_failure,
        coalesce(field.error_information.error_code = '499', false) as is_cancelled,
        coalesce(field.cache_hit = 'true', false) as is_cache_hit,
        coalesce(field.status_fields.guardrail_status = 'guardrail_intervened', false) as is_guarded,
        coalesce(whole_number(field.prompt_tokens) > 0 or whole_number(field.completion_tokens) > 0, false) as has_usage,
        date_diff('millisecond', instant(field.startTime), instant(field.completionStartTime)) as first_token_ms,
        date_diff('millisecond', instant(field.startTime), instant(field.endTime)) as whole_ms,
    from parsed
),

-- Each choice of an answer has its own ending. If there are several, the one that represents all is determined.
answered as (
    select
        nested.*,
        answer_in(body) as answer,
        choices_of(body) as choices,
    from nested
),

chosen as (
    select
        answered.*,
        case
            when len(choices) > 1
            then choices[speaking_choice(answer, list_transform(choices, lambda choice: ending_of(choice, meanings)))]
            else choices[1]
        end as choice,
    from answered
    cross join (select map(list(key), list(meaning)) as meanings from finish_reasons)
),

-- The gateway's own health checks have its service account as key and team. The tag alone, which any caller can set, counts only if a
-- record names no key, team or user.
sorted as (
    select
        chosen.*,
        coalesce(
            metadata.user_api_key_hash in (select key from service_accounts)
            or metadata.user_api_key_team_id in (select key from service_accounts),
            false
        )
        or (
            coalesce(metadata.user_api_key_hash, metadata.user_api_key_team_id, metadata.user_api_key_user_id, '') = ''
            and len(list_filter(json_extract_string(field.request_tags, '$[*]'), lambda tag: tag = 'litellm-internal-health-check')) > 0
        ) as is_health_check,
        case
            when operations.meaning is not null then operations.meaning
            when nullif(field.call_type, '') is not null and not contains(operation_key(field.call_type), 'passthrough') then 'other'
            else coalesce(
                operation_by_shape(body),
                list_filter(
                    (select list(struct_pack(key, meaning) order by rank) from routes),
                    lambda route: lower(concat_ws(' ', metadata.user_api_key_request_route, field.api_base ->> '$', '')) like route.key
                )[1].meaning,
                'other'
            )
        end as called_operation,
        [metadata.usage_object, body -> '$.usage', body -> '$.usageMetadata'] as usages,
        coalesce(
            choice ->> '$.finish_reason', choice ->> '$.finishReason', body ->> '$.stop_reason', body ->> '$.stopReason',
            text_at(body, '$.finish_reason'), body ->> '$.done_reason',
            -- A blocked prompt has no candidates, but a reason.
            case when json_type(body, '$.promptFeedback.blockReason') = 'VARCHAR' then 'SAFETY' end,
            case
                when body ->> '$.object' = 'response' or operations.meaning = 'responses'
                then coalesce(case when body ->> '$.status' = 'incomplete' then body ->> '$.incomplete_details.reason' end, body ->> '$.status')
            end
        ) as said_finish,
        coalesce(native_word(choice), body ->> '$.promptFeedback.blockReason') as native_finish,
    from chosen
    left join operations on operation_key(chosen.field.call_type) = operations.key
),

-- Whose failure it was according to the record, the most specific field first. A failure without a provider never reached one.
blamed as (
    select
        sorted.*,
        case
            when is_health_check then 'health_check'
            -- A failed attempt to retrieve a batch is not a failed batch.
            when is_failure and operation_key(field.call_type) in ('retrievebatch', 'aretrievebatch', 'cancelbatch', 'acancelbatch') then 'retrieval'
            else called_operation
        end as operation,
        native_words.meaning as native_meaning,
        case
            when is_failure or json_type(body, '$.error') = 'OBJECT'
            then coalesce(
                by_limit.meaning,
                by_guardrail.meaning,
                by_class.meaning,
                response_errors[lower(body ->> '$.error.code')],
                response_errors[lower(body ->> '$.error.type')],
                response_errors[lower(body ->> '$.error.status')],
                by_kind.meaning,
                case
                    when not is_failure then null
                    when coalesce(nullif(field.error_information.llm_provider, ''), nullif(field.custom_llm_provider, '')) is null then 'gateway'
                    when nullif(nullif(field.error_information.error_code, ''), 'None') is null then 'upstream'
                    when field.error_information.error_class = 'RateLimitError' and nullif(field.error_information.llm_provider, '') is not null
                    then 'upstream'
                end
            )
        end as error_origin,
    from sorted
    left join finish_reasons as native_words on finish_key(sorted.native_finish) = native_words.key
    left join (select * from error_origins where place = 'rate_limit_category') as by_limit
        on lower(sorted.field.error_information.error_rate_limit_category) = by_limit.key
    left join (select * from error_origins where place = 'guardrail_status') as by_guardrail
        on lower(sorted.field.status_fields.guardrail_status) = by_guardrail.key
    left join (select * from error_origins where place = 'error_class') as by_class
        on lower(sorted.field.error_information.error_class) = by_class.key
    cross join (select map(list(key), list(meaning)) as response_errors from error_origins where place = 'response_error')
    left join (select * from error_origins where place = 'normalized_error') as by_kind
        on lower(sorted.field.error_information.normalized_error) = by_kind.key
),

-- If 0 or nothing was billed: the cost is that of the record's own breakdown if it has one for tokens that were used; 0 if the breakdown
-- says so too, or if the operation is not billed by the token or failed; otherwise the cost of the call is unknown.
priced as (
    select
        *,
        case
            when cost_text is null and has_usage and not is_cache_hit and wide_decimal(breakdown_text) > 0 then 'breakdown'
            when wide_decimal(cost_text) <> 0 or wide_decimal(cost_text) is null or is_cache_hit then 'billed'
            when has_usage and wide_decimal(breakdown_text) > 0 then 'breakdown'
            when is_failure or operation in ('tool', 'retrieval', 'moderation', 'health_check') then 'billed'
            when has_usage and wide_decimal(breakdown_text) = 0
                and field.zero_cost_diagnostic is null and field.response_cost_failure_debug_info is null
            then 'billed'
            else 'not_priced'
        end as cost_basis,
    from blamed
),

final as (
    select
        origin,
        coalesce(field.call_type = 'list_mcp_tools', false) as is_ignored,
        -- Rows of LiteLLM's own spend table also have a call type, but not the fields for id and cost that payloads have.
        coalesce(field.call_type, field.status, field.litellm_call_id, field.response_cost::varchar) is null
        or case
            when coalesce(field.id, field.litellm_call_id, field.response_cost::varchar) is null
            then json_type(record, '$.id') is null and json_type(record, '$.litellm_call_id') is null and json_type(record, '$.response_cost') is null
            else false
        end as is_foreign,
        -- A pass-through batch is identified in its body.
        coalesce(
            case
                when operation = 'batch' and contains(operation_key(field.call_type), 'passthrough')
                then coalesce(text_at(body, '$.id'), text_at(body, '$.name'))
            end,
            field.id
        ) as request_id,
        -- A batch, an answer fetched when it is done, and anything read again are named by the provider's id, because each retrieval has
        -- its own call id. A failed retrieval says nothing about what it was to retrieve.
        is_failure
        or not (
            operation in ('batch', 'retrieval')
            or coalesce(body ->> '$.object' = 'batch', false)
            or coalesce(body ->> '$.object' = 'response', false)
            and (coalesce(body ->> '$.background' = 'true', false) or coalesce(body ->> '$.status' in ('queued', 'in_progress'), false))
        ) as is_named_by_call,
        nullif(field.trace_id, '') as trace_id,
        nullif(field.litellm_call_id, '') as gateway_call_id,
        -- The gateway's own names for users of its master key or of its admin pages are not accounts.
        list_filter(
            [named(metadata.user_api_key_team_id), named(metadata.user_api_key_org_id), named(metadata.user_api_key_user_id)],
            lambda account: account not in ('default_user_id', 'litellm-dashboard', 'litellm-proxy-budget')
        )[1] as account_id,
        nullif(metadata.user_api_key_hash, '') as api_key_ref,
        operation,
        field.call_type as native_operation,
        field.startTime as requested_at,
        field.endTime as completed_at,
        -- A caller may send an object or a list as the model, which no provider has.
        coalesce(
            case when not is_nested(field.model) then nullif(field.model, '') end,
            case when not is_nested(field.model_group) then nullif(field.model_group, '') end,
            text_at(body, '$.model'),
            case when is_failure or operation in ('batch', 'realtime', 'tool', 'retrieval', 'health_check', 'other') then 'unknown' end
        ) as model,
        coalesce(text_at(body, '$.model'), text_at(body, '$.modelVersion')) as model_served,
        field.custom_llm_provider as provider,
        case when has_usage then field.prompt_tokens end as input_tokens,
        case
            when has_usage and not (
                field.completion_tokens = '0'
                and operation in ('embeddings', 'image_generation', 'speech', 'transcription', 'rerank', 'moderation', 'batch', 'tool', 'retrieval')
            )
            then field.completion_tokens
        end as output_tokens,
        first_count(usages, [
            '$.cache_read_input_tokens', '$.prompt_cache_hit_tokens', '$.cachedContentTokenCount', '$.cacheReadInputTokens',
            '$.prompt_tokens_details.cached_tokens', '$.input_tokens_details.cached_tokens', '$.cached_tokens'
        ]) as cached_tokens,
        first_count(usages, [
            '$.thoughtsTokenCount', '$.completion_tokens_details.reasoning_tokens', '$.output_tokens_details.reasoning_tokens', '$.reasoning_tokens'
        ]) as reasoning_tokens,
        first_count(usages, [
            '$.cache_creation_input_tokens', '$.cacheWriteInputTokens', '$.prompt_tokens_details.cache_creation_tokens',
            '$.prompt_tokens_details.cache_write_tokens'
        ]) as cache_write_tokens,
        first_count(usages, [
            '$.cache_creation.ephemeral_1h_input_tokens', '$.prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens'
        ]) as cache_write_1h_tokens,
        case cost_basis
            when 'billed' then cost_text
            when 'breakdown' then number_text(record, 'total_cost', field.cost_breakdown -> '$.total_cost')
        end as cost_usd,
        cost_basis,
        case when wide_decimal(field.cost_breakdown ->> '$.original_cost') > 0 then field.cost_breakdown ->> '$.original_cost' end as list_cost_usd,
        field.cost_breakdown ->> '$.discount_amount' as discount_usd,
        field.cache_hit as cache_hit,
        null::varchar as latency_ms,
        first_token_ms::varchar as ttft_ms,
        coalesce(
            field.stream, case when not is_failure then (first_token_ms > 0 and first_token_ms < whole_ms)::varchar end
        ) as streamed,
        is_cancelled::varchar as cancelled,
        case
            when is_cancelled then 'cancelled'
            when is_failure then 'error'
            when native_meaning in ('error', 'content_filter', 'length', 'cancelled') then native_finish
            -- LiteLLM reports `stop` for every word that it does not know.
            when native_finish <> '' and coalesce(native_meaning, 'other') = 'other' and lower(said_finish) = 'stop' then native_finish
            else said_finish
        end as finish_reason,
        coalesce(native_finish, said_finish) as native_finish_reason,
        -- Redacted embeddings appear as a list without vectors, and an answer that a guardrail of the gateway removed has no text.
        case when shows_answer(answer) or not (operation = 'embeddings' or is_guarded) then shows_answer(answer) end::varchar as has_answer,
        (is_withheld(answer) or is_guarded)::varchar as is_answer_withheld,
        nullif(nullif(field.error_information.error_code, ''), 'None') as status_code,
        case
            when field.error_information.error_code = '429' and field.error_information.error_rate_limit_category in ('vendor_rate_limit', 'vendor_batch_rate_limit')
            then 'provider_rate_limited'
            else nullif(field.error_information.error_class, '')
        end as error_code,
        coalesce(nullif(field.error_information.error_message, ''), field.error_str) as error_message,
        error_origin,
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
    from priced
)

select * from final
