-- One row per LiteLLM StandardLoggingPayload whose answer is in the record: what the caller got to see, of each choice.
-- Contract of every file here: read `records`, of which each is one call; carry `origin` through; `answer` is what `answer_in` makes of the
-- response's body; `endings`, where there are several choices, is how each of them ended; `asks_for_json` says that the caller asked for JSON.
with parsed as (
    select
        origin,
        json_transform(
            record,
            '{
                "response": "JSON",
                "model_parameters": {
                    "response_format": {"type": "VARCHAR"}, "text": {"format": {"type": "VARCHAR"}}, "response_mime_type": "VARCHAR",
                    "generationConfig": {"responseMimeType": "VARCHAR"}
                }
            }'
        ) as field,
    from records
),

bodies as (
    select
        *,
        body_of(field.response) as body,
    from parsed
),

final as (
    select
        origin,
        answer_in(body) as answer,
        case when len(choices_of(body)) > 1 then list_transform(choices_of(body), lambda choice: ending_of(choice, meanings)) end as endings,
        coalesce(field.model_parameters.response_format.type in ('json_object', 'json_schema'), false)
        or coalesce(field.model_parameters.text.format.type in ('json_object', 'json_schema'), false)
        or coalesce(field.model_parameters.response_mime_type = 'application/json', false)
        or coalesce(field.model_parameters.generationConfig.responseMimeType = 'application/json', false) as asks_for_json,
    from bodies
    cross join (select map(list(key), list(meaning)) as meanings from finish_reasons)
)

select * from final
where answer is not null
