-- What the record of a call shows of its answer, whatever provider's shape it has. Nothing of the answer itself goes further than the detectors.

-- A text that stands in an answer's place because a logger took the answer out: one of a few words, alone or in brackets.
create or replace temp macro is_placeholder(text) as
    (
        contains(lower(text), 'redacted')
        and regexp_full_match(text, '(?i)(?:\s*redacted[-_ ]by[-_ ]litell?m(?:\. ''litellm\.turn_off_message_logging=True'')?)+\s*')
    )
    or (
        length(text) <= 120 and not contains(text, 'redacted-by-litellm')
        and (
            regexp_full_match(
                text,
                '(?i)[\s\[(<{*_"''.]*(?:(?:response|answer|content|message|text|output|data|body|value|pii|sensitive)[\s_:-]*)*(?:is |was |has been )?'
                || '(?:redacted|omitted|masked|scrubbed|sanitized|anonymized|withheld|hidden|removed|not[ _-](?:logged|stored|kept))'
                || '(?:[\s_:-]+(?:by|for|due to|because of|via)[\s_:-].*|[\s_:-]+(?:response|answer|content|message|text|output|data|body|value))?[\s\])>}*_"''.]*'
            )
            or regexp_full_match(text, '\s*(?:\*{3,}|█{3,}|[xX]{8,})\s*')
        )
    );

-- A text that a logger cut, or took something out of.
create or replace temp macro is_cut(text) as
    contains(text, 'redacted-by-litellm') or contains(text, '(litellm_truncated') or contains(text, '[base64_data truncated') or contains(text, '(truncated by ')
    or regexp_matches(right(text, 80), '(?i)(?:\.\.\.|…)\s*[\[(<](?:truncated|[0-9]+ (?:more )?(?:chars|characters|bytes))|[\[(<](?:truncated|clipped)[^\])>]*[\])>]\s*$');

-- Nothing that anybody could see: spaces of any kind, characters without width, marks of order.
create or replace temp macro is_blank(text) as
    regexp_full_match(coalesce(text, ''), '[\s\p{Z}\x{00AD}\x{180E}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]*');

create or replace temp macro text_at(body, path) as case when json_type(body, path) = 'VARCHAR' then body ->> path end;

-- The text of a message: a string, or the texts of its blocks, which may be strings themselves.
create or replace temp macro said_in(content) as
    case
        when json_type(content) = 'VARCHAR' then content ->> '$'
        when json_type(content) = 'ARRAY'
        then array_to_string(
            list_concat(
                json_extract_string(content, '$[*].text'),
                list_transform(
                    list_filter(json_extract(content, '$[*]'), lambda block: json_type(block) = 'VARCHAR'), lambda block: block ->> '$'
                )
            ),
            ''
        )
    end;

-- Whether the blocks of a message hold more than text and thoughts: tool calls, pictures, whatever says of itself neither kind nor text.
create or replace temp macro has_other_blocks(content) as
    len(list_filter(
        json_extract(content, '$[*]'),
        lambda block: case
            when json_type(block) <> 'OBJECT' then json_type(block) <> 'VARCHAR'
            when json_type(block, '$.type') is null then json_type(block, '$.text') is null and json_type(block, '$.reasoningContent') is null
            else block ->> '$.type' not in ('text', 'thinking', 'redacted_thinking', 'reasoning')
        end
    )) > 0;

-- Whether what stands in an answer's place is neither text, blocks nor nothing: nobody knows what it shows.
create or replace temp macro is_odd(kind) as coalesce(kind not in ('VARCHAR', 'ARRAY', 'NULL'), false);

-- Whether a message holds more than text: tool calls, audio, images, a refusal.
create or replace temp macro acts_in(message) as
    coalesce(
        len(message.tool_calls) > 0
        or starts_with(message.function_call, '{')
        or not is_blank(coalesce(nullif(message.audio.data, ''), message.audio.transcript))
        or len(message.images) > 0
        or nullif(message.refusal, '') is not null
        or (starts_with(message.content, '[') and has_other_blocks(message.content)),
        false
    );

create or replace temp macro message_shape() as
    '{
        "content": "JSON", "tool_calls": ["JSON"], "function_call": "JSON", "audio": {"data": "VARCHAR", "transcript": "VARCHAR"},
        "images": ["JSON"], "refusal": "VARCHAR"
    }';

-- One part of an answer (see answer_in) out of a choice and the types of the fields that it may have for an answer.
create or replace temp macro chosen(choice, types) as
    struct_pack(
        said := coalesce(said_in(choice.message.content), said_in(choice.delta.content), case when types[3] = 'VARCHAR' then choice.text end),
        has_more := acts_in(choice.message) or acts_in(choice.delta),
        -- A logger that redacts sets the audio of an answer to null; an answer without audio has no such field.
        has_hole := (types[4] is not null and coalesce(choice.message.audio.data, choice.message.audio.transcript) is null)
            or coalesce(types[1], types[2], types[3]) is null
            or is_odd(types[1])
            or is_odd(types[2])
            or is_odd(types[3])
    );

-- The body of a call that was passed through is logged as a text: `{"response": "<body>"}`, or the text alone.
create or replace temp macro body_of(response) as
    case
        when json_type(response) = 'VARCHAR' and json_valid(response ->> '$') then (response ->> '$')::json
        when json_type(response, '$.response') = 'VARCHAR' and json_type(response, '$.done') is null and json_valid(response ->> '$.response')
        then (response ->> '$.response')::json
        when json_type(response, '$.response') = 'OBJECT' then response -> '$.response'
        else response
    end;

-- The parts of an answer: for each choice its text, null where it has no place for one; whether it holds more than text (tool calls,
-- audio, images, a refusal, vectors, rankings); and whether something stood there that was taken out. Null where the shape is not known.
create or replace temp macro answer_in(body) as
    case
        when json_array_length(body, '$.choices') > 0
        then list_transform(
            json_extract(body, '$.choices[*]'),
            lambda choice: list_transform(
                [json_transform(
                    choice, '{"text": "VARCHAR", "message": ' || message_shape() || ', "delta": ' || message_shape() || '}'
                )],
                lambda known: chosen(
                    known, json_type(choice, ['$.message.content', '$.delta.content', '$.text', '$.message.audio'])
                )
            )[1]
        )
        when json_array_length(body, '$.candidates') > 0
        then list_transform(
            json_extract(body, '$.candidates[*]'),
            lambda candidate: struct_pack(
                said := array_to_string(
                    list_transform(
                        list_filter(json_extract(candidate, '$.content.parts[*]'), lambda part: (part ->> '$.thought') is distinct from 'true'),
                        lambda part: part ->> '$.text'
                    ),
                    ''
                ),
                has_more := len(list_filter(
                    json_extract(candidate, '$.content.parts[*]'),
                    lambda part: len(list_filter(json_keys(part), lambda name: name not in ('text', 'thought', 'thoughtSignature'))) > 0
                )) > 0,
                has_hole := false
            )
        )
        when json_type(body, '$.output') = 'ARRAY' and coalesce(json_type(body, '$.output[0]'), 'OBJECT') = 'OBJECT'
        then [struct_pack(
            said := array_to_string(
                list_transform(
                    list_filter(json_extract(body, '$.output[*]'), lambda item: coalesce(item ->> '$.type', 'message') = 'message'),
                    lambda item: concat(
                        said_in(item -> '$.content'), array_to_string(json_extract_string(item, '$.content[*].refusal'), '')
                    )
                ),
                ''
            ),
            has_more := len(list_filter(
                json_extract(body, '$.output[*]'),
                lambda item: coalesce(item ->> '$.type', 'message') not in ('message', 'reasoning', 'compaction')
                    and not (item ->> '$.type' = 'image_generation_call' and is_blank(text_at(item, '$.result')))
            )) > 0,
            -- What waits in a queue or is still being written has no answer yet; an image without its bytes had them taken out, or failed.
            has_hole := coalesce(body ->> '$.status', '') in ('queued', 'in_progress')
                or len(list_filter(json_extract(body, '$.output[*]'), lambda item: is_odd(json_type(item, '$.content')))) > 0
                or len(list_filter(
                    json_extract(body, '$.output[*]'),
                    lambda item: item ->> '$.type' = 'image_generation_call' and text_at(item, '$.result') is null
                        and coalesce(item ->> '$.status', '') <> 'failed'
                )) > 0
        )]
        when json_type(body, '$.content') = 'ARRAY'
        then [struct_pack(
            said := said_in(body -> '$.content'),
            has_more := has_other_blocks(body -> '$.content'),
            has_hole := false
        )]
        when json_type(body, '$.data') = 'ARRAY'
        then [struct_pack(
            said := '',
            has_more := len(list_filter(
                json_extract(body, '$.data[*]'),
                lambda item: coalesce(json_array_length(item, '$.embedding') > 0, false)
                    or not is_blank(coalesce(text_at(item, '$.embedding'), text_at(item, '$.b64_json'), text_at(item, '$.url')))
            )) > 0,
            -- A list of no things, which APIs call a list, is no answer without an image.
            has_hole := (coalesce(body ->> '$.object', '') = 'list' and json_array_length(body, '$.data') = 0)
                or len(list_filter(
                    json_extract(body, '$.data[*]'),
                    lambda item: coalesce(text_at(item, '$.b64_json'), text_at(item, '$.url')) is null
                )) > 0
        )]
        when json_type(body, '$.embeddings') is not null or json_type(body, '$.embedding') is not null
            or json_type(body, '$.predictions') is not null or json_type(body, '$.results') = 'ARRAY' or json_type(body, '$.pages') = 'ARRAY'
        then [struct_pack(
            said := '',
            has_more := coalesce(
                json_array_length(body, '$.embeddings'), json_array_length(body, '$.embedding.values'), json_array_length(body, '$.embedding'),
                json_array_length(body, '$.predictions'), json_array_length(body, '$.results'), json_array_length(body, '$.pages'), 1
            ) > 0,
            has_hole := false
        )]
        when json_type(body, '$.message.content') is not null or json_type(body, '$.output.message.content') is not null
        then [struct_pack(
            said := coalesce(said_in(body -> '$.message.content'), said_in(body -> '$.output.message.content')),
            has_more := acts_in(json_transform(body -> '$.message', message_shape()))
                or coalesce(has_other_blocks(body -> '$.output.message.content'), false),
            has_hole := is_odd(json_type(body, '$.message.content')) or is_odd(json_type(body, '$.output.message.content'))
        )]
        when coalesce(
            text_at(body, '$.text'), text_at(body, '$.response'), text_at(body, '$.completion'), text_at(body, '$.generation'),
            text_at(body, '$.output_text'), text_at(body, '$.outputText'), text_at(body, '$.output.text'), text_at(body, '$.content'),
            text_at(body, '$.generations[0].text'), text_at(body, '$.outputs[0].text')
        ) is not null
        then [struct_pack(
            said := coalesce(
                text_at(body, '$.text'), text_at(body, '$.response'), text_at(body, '$.completion'), text_at(body, '$.generation'),
                text_at(body, '$.output_text'), text_at(body, '$.outputText'), text_at(body, '$.output.text'), text_at(body, '$.content'),
                text_at(body, '$.generations[0].text'), text_at(body, '$.outputs[0].text')
            ),
            has_more := coalesce(json_array_length(body, '$.tool_calls') > 0, false),
            has_hole := false
        )]
    end;

-- Whether an answer shows anything: yes, no, or not known (no answer in the record, its shape unknown, or taken out of it).
create or replace temp macro shows_answer(answer) as
    case
        when answer is null then null
        when len(list_filter(answer, lambda part: part.has_more or (not is_blank(part.said) and not is_placeholder(part.said)))) > 0 then true
        when len(list_filter(answer, lambda part: part.has_hole or is_placeholder(part.said))) > 0 then null
        else false
    end;

-- Whether of an answer in the record something was taken out, so that it can be judged no further.
create or replace temp macro is_withheld(answer) as
    coalesce(len(list_filter(answer, lambda part: (part.has_hole and not part.has_more) or is_placeholder(part.said) or is_cut(part.said))) > 0, true);

-- A provider's own word for why a choice ended, where a gateway keeps it beside OpenAI's nearest.
create or replace temp macro native_word(choice) as
    coalesce(choice ->> '$.provider_specific_fields.native_finish_reason', choice ->> '$.native_finish_reason');

-- How a choice ended, in our words: the provider's own counts where it says that the choice was cut, filtered or broken off.
create or replace temp macro ending_of(choice, meanings) as
    case
        when meanings[finish_key(native_word(choice))] in ('error', 'content_filter', 'length', 'cancelled')
        then meanings[finish_key(native_word(choice))]
        when lower(choice ->> '$.finish_reason') = 'stop' and native_word(choice) <> '' and coalesce(meanings[finish_key(native_word(choice))], 'other') = 'other'
        then 'other'
        when coalesce(choice ->> '$.finish_reason', choice ->> '$.finishReason', '') <> ''
        then coalesce(meanings[finish_key(coalesce(choice ->> '$.finish_reason', choice ->> '$.finishReason'))], 'other')
    end;

-- The choices of an answer, in the order of its parts.
create or replace temp macro choices_of(body) as
    case when json_array_length(body, '$.choices') > 0 then json_extract(body, '$.choices[*]') else json_extract(body, '$.candidates[*]') end;

-- Which of several choices speaks for all, by how each ended: an answer in any of them is an answer, so the best ending of those that may
-- hold something; where none does, the ending that best says why.
create or replace temp macro speaking_choice(answer, endings) as
    list_transform(
        [list_transform(
            range(1, len(answer) + 1),
            lambda number: case
                when answer[number].has_more or answer[number].has_hole or not is_blank(answer[number].said)
                then coalesce(list_position(['stop', 'tool_calls', 'length', 'content_filter', 'other', 'cancelled', 'error'], endings[number]), 0)
                else 10 + coalesce(list_position(['content_filter', 'other', 'length', 'tool_calls', 'stop', 'cancelled', 'error'], endings[number]), 5)
            end
        )],
        lambda ranks: list_position(ranks, list_min(ranks))
    )[1];

-- What was bought, by the shape of what came back.
create or replace temp macro operation_by_shape(body) as
    case
        when json_type(body, '$.choices') = 'ARRAY' then case when body ->> '$.object' = 'text_completion' then 'text_completion' else 'chat' end
        when json_type(body, '$.candidates') = 'ARRAY' or json_type(body, '$.promptFeedback') is not null then 'chat'
        when body ->> '$.object' = 'response' then 'responses'
        when body ->> '$.object' = 'batch' then 'batch'
        when json_type(body, '$.content') = 'ARRAY' and json_type(body, '$.stop_reason') is not null then 'chat'
        when json_type(body, '$.output.message') = 'OBJECT' or json_type(body, '$.message') = 'OBJECT' then 'chat'
        when json_type(body, '$.embedding') is not null or json_type(body, '$.embeddings') is not null
            or json_type(body, '$.data[0].embedding') is not null or json_type(body, '$.predictions[0].embeddings') is not null
        then 'embeddings'
        when json_type(body, '$.data[0].b64_json') is not null or json_type(body, '$.data[0].url') is not null
            or json_type(body, '$.predictions[0].bytesBase64Encoded') is not null
        then 'image_generation'
        when json_type(body, '$.results[0].relevance_score') is not null then 'rerank'
        when json_type(body, '$.results[0].flagged') is not null then 'moderation'
    end;

-- A count out of usage as providers write it: the first of the paths that holds more than 0, else 0 where one holds that.
create or replace temp macro first_count(usages, paths) as
    list_transform(
        [flatten(list_transform(paths, lambda path: list_transform(usages, lambda usage: usage ->> path)))],
        lambda counts: coalesce(
            list_filter(counts, lambda count: whole_number(count) > 0)[1], list_filter(counts, lambda count: whole_number(count) = 0)[1]
        )
    )[1];
