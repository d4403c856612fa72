-- One row per LiteLLM StandardLoggingPayload with its answer in the record: what the caller saw of each choice.
-- Contract of every file here: it reads `records`, each of which is one call, and passes `origin` through. `answer` is the result of
-- `answer_in` on the response's body; `endings` says how each choice ended, if there are several; `asks_for_json` says whether the caller
-- asked for JSON.
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
