-- One row per LiteLLM StandardLoggingPayload that carries a completion: what the caller got to see, of each choice.
-- Contract of every file here: read `records`; carry `origin` through; `request_id` as the log has it; `answers` is the texts, `has_other_output`
-- says that there is more to the answer than text (tool calls, images, a refusal), `asks_for_json` that the caller asked for JSON.
with parsed as (
    select
        origin,
        json_transform(
            record,
            '{
                "id": "VARCHAR",
                "response": {
                    "choices": [{
                        "message": {
                            "content": "JSON", "tool_calls": ["JSON"], "function_call": "JSON", "refusal": "VARCHAR", "audio": "JSON",
                            "images": ["JSON"]
                        }
                    }],
                    "content": "JSON", "output": "JSON"
                },
                "model_parameters": {
                    "response_format": {"type": "VARCHAR"}, "text": {"format": {"type": "VARCHAR"}}, "response_mime_type": "VARCHAR"
                }
            }'
        ) as field,
    from records
),

-- Chat completions have choices, Anthropic's messages have blocks of content, OpenAI's responses have items of output.
final as (
    select
        origin,
        field.id as request_id,
        case
            when len(field.response.choices) > 0
            then list_transform(field.response.choices, lambda choice: said_in(choice.message.content))
            when json_type(field.response.content) = 'ARRAY' then [said_in(field.response.content)]
            else [array_to_string(list_concat(
                json_extract_string(field.response.output, '$[*].content[*].text'),
                json_extract_string(field.response.output, '$[*].content[*].refusal')
            ), '')]
        end as answers,
        coalesce(len(list_filter(
            field.response.choices,
            lambda choice: len(choice.message.tool_calls) > 0 or len(choice.message.images) > 0
                or nullif(choice.message.function_call, 'null') is not null or nullif(choice.message.audio, 'null') is not null
                or nullif(choice.message.refusal, '') is not null
        )) > 0, false)
        or coalesce(len(list_filter(
            list_concat(
                json_extract_string(field.response.content, '$[*].type'), json_extract_string(field.response.output, '$[*].type')
            ),
            lambda kind: kind not in ('text', 'thinking', 'redacted_thinking', 'message', 'reasoning')
        )) > 0, false) as has_other_output,
        coalesce(field.model_parameters.response_format.type in ('json_object', 'json_schema'), false)
        or coalesce(field.model_parameters.text.format.type in ('json_object', 'json_schema'), false)
        or coalesce(field.model_parameters.response_mime_type = 'application/json', false) as asks_for_json,
    from parsed
    where len(field.response.choices) > 0
        or json_type(field.response.content) = 'ARRAY'
        or json_type(field.response.output) = 'ARRAY'
)

select * from final
