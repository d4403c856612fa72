-- What the record of a call reveals about its answer, whatever the provider's format. The answer itself goes no further than the detectors.

-- Whether a text is a placeholder that a logger put in the place of a removed answer: one of a few phrases, possibly in brackets.
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

-- Whether a logger truncated a text, or removed a part of it.
create or replace temp macro is_cut(text) as
    contains(text, 'redacted-by-litellm') or contains(text, '(litellm_truncated') or contains(text, '[base64_data truncated') or contains(text, '(truncated by ')
    or regexp_matches(right(text, 80), '(?i)(?:\.\.\.|…)\s*[\[(<](?:truncated|[0-9]+ (?:more )?(?:chars|characters|bytes))|[\[(<](?:truncated|clipped)[^\])>]*[\])>]\s*$');

-- Whether a text shows nothing: only spaces of any kind, zero-width characters or direction marks.
create or replace temp macro is_blank(text) as
    regexp_full_match(coalesce(text, ''), '[\s\p{Z}\x{00AD}\x{180E}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]*');

create or replace temp macro text_at(body, path) as case when json_type(body, path) = 'VARCHAR' then body ->> path end;

-- The text of a message: a string, or the texts of its blocks, which may be plain strings.
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

-- Whether a message has blocks other than text and reasoning: tool calls, images, or blocks with neither a type nor a text.
create or replace temp macro has_other_blocks(content) as
    len(list_filter(
        json_extract(content, '$[*]'),
        lambda block: case
            when json_type(block) <> 'OBJECT' then json_type(block) <> 'VARCHAR'
            when json_type(block, '$.type') is null then json_type(block, '$.text') is null and json_type(block, '$.reasoningContent') is null
            else block ->> '$.type' not in ('text', 'thinking', 'redacted_thinking', 'reasoning')
        end
    )) > 0;

-- Whether the value in the place of an answer is neither text nor blocks nor null, so that it is unknown what it shows.
create or replace temp macro is_odd(kind) as coalesce(kind not in ('VARCHAR', 'ARRAY', 'NULL'), false);

-- Whether a message contains more than text: tool calls, audio, images, a refusal.
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

-- One part of an answer (see answer_in), from a choice and the JSON types of the fields that may hold its answer.
create or replace temp macro chosen(choice, types) as
    struct_pack(
        said := coalesce(said_in(choice.message.content), said_in(choice.delta.content), case when types[3] = 'VARCHAR' then choice.text end),
        has_more := acts_in(choice.message) or acts_in(choice.delta),
        -- A logger that redacts sets the audio of an answer to null; an answer without audio does not have this field.
        has_hole := (types[4] is not null and coalesce(choice.message.audio.data, choice.message.audio.transcript) is null)
            or coalesce(types[1], types[2], types[3]) is null
            or is_odd(types[1])
            or is_odd(types[2])
            or is_odd(types[3])
    );

-- The body of a pass-through call is logged as a text: either `{"response": "<body>"}`, or the text alone.
create or replace temp macro body_of(response) as
    case
        when json_type(response) = 'VARCHAR' and json_valid(response ->> '$') then (response ->> '$')::json
        when json_type(response, '$.response') = 'VARCHAR' and json_type(response, '$.done') is null and json_valid(response ->> '$.response')
        then (response ->> '$.response')::json
        when json_type(response, '$.response') = 'OBJECT' then response -> '$.response'
        else response
    end;

-- The parts of an answer. For each choice: its text, null if there is no field for it; whether it has more than text (tool calls, audio,
-- images, a refusal, vectors, rankings); and whether something was removed from it. Null if the format is unknown.
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
            -- A response that is queued or in progress has no answer yet. An image without its bytes was redacted, or has failed.
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
            -- An empty `data` in an object `list` is not an image answer without an image: other APIs return lists too.
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

-- Whether an answer shows anything: true, false, or null if unknown (no answer in the record, its format unknown, or it was removed).
create or replace temp macro shows_answer(answer) as
    case
        when answer is null then null
        when len(list_filter(answer, lambda part: part.has_more or (not is_blank(part.said) and not is_placeholder(part.said)))) > 0 then true
        when len(list_filter(answer, lambda part: part.has_hole or is_placeholder(part.said))) > 0 then null
        else false
    end;

-- Whether a part of the recorded answer was removed, so that the answer cannot be judged any further.
create or replace temp macro is_withheld(answer) as
    coalesce(len(list_filter(answer, lambda part: (part.has_hole and not part.has_more) or is_placeholder(part.said) or is_cut(part.said))) > 0, true);

-- The provider's own word for why a choice ended, if the gateway keeps it besides OpenAI's closest equivalent.
create or replace temp macro native_word(choice) as
    coalesce(choice ->> '$.provider_specific_fields.native_finish_reason', choice ->> '$.native_finish_reason');

-- How a choice ended, in our words. The provider's own word takes precedence if it says that the choice was cut, filtered or aborted.
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

-- The number of the choice that represents all, by how each ended. An answer in any choice is an answer, so it is the one with the best
-- ending among those that may have content; if none has, it is the one whose ending explains that best.
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

-- What was bought, judging by the format of the response.
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

-- A count from usage data in the formats of the providers: the first value above 0 at these paths, else 0 if any of them is 0.
create or replace temp macro first_count(usages, paths) as
    list_transform(
        [flatten(list_transform(paths, lambda path: list_transform(usages, lambda usage: usage ->> path)))],
        lambda counts: coalesce(
            list_filter(counts, lambda count: whole_number(count) > 0)[1], list_filter(counts, lambda count: whole_number(count) = 0)[1]
        )
    )[1];
