-- Readings of a record's text that every adapter and the landing itself share. What a log format calls a field is its adapter's.

-- Whether a text is a number as JSON or a table writes it: in plain digits, with blanks around it at the most. DuckDB's casts take
-- digits with underscores and hexadecimal ones too, which are none.
create or replace temp macro is_number(text) as
    regexp_full_match(text, '[ \t]*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?[ \t]*');

-- A whole number; null where the text is none. 1.0 and 1e3 are whole, 1.7 is not.
create or replace temp macro whole_number(text) as
    case
        when regexp_full_match(text, '-?[0-9]{1,18}') then try_cast(text as bigint)
        when is_number(text) then
            list_transform(
                [try_cast(text as decimal(38, 6))],
                lambda number: case when number = trunc(number) then try_cast(number as bigint) end
            )[1]
    end;

-- A decimal wide enough that no digit of a cost is dropped before it is rounded.
create or replace temp macro wide_decimal(text) as case when is_number(text) then try_cast(text as decimal(38, 30)) end;

-- Rounded half-even to 12 places (DuckDB's own rounding is half-up): the warehouse's money(), for the way in.
create or replace temp macro half_even(amount) as
    case
        when abs(amount) >= 1000000 then null
        when abs(round(amount, 12) - amount) = 0.0000000000005 and cast(round(amount, 12) * 1000000000000 as hugeint) % 2 <> 0
        then try_cast(round(amount, 12) - sign(amount) * 0.000000000001 as decimal(18, 12))
        else try_cast(round(amount, 12) as decimal(18, 12))
    end;

-- US dollars; null where the text is no number, or is a million or more. Text that fits needs no rounding.
create or replace temp macro money_usd(text) as
    case
        when regexp_full_match(text, '-?[0-9]{1,6}(\.[0-9]{1,12})?') then try_cast(text as decimal(18, 12))
        when text is not null then half_even(wide_decimal(text))
    end;

-- A moment without its microseconds, as UTC.
create or replace temp macro floored_to_ms(moment) as make_timestamp_ms(epoch_ms(moment));

-- A number of units since 1970 as a moment: seconds, milliseconds, microseconds or nanoseconds, told apart by its size. As seconds it
-- would lie before the year 5138, as milliseconds after 1973 and so on; nothing that Makegood lands can be mistaken.
create or replace temp macro moment_since_1970(number) as
    list_transform(
        [try_cast(number as decimal(29, 9))],
        lambda units: make_timestamp_ms(
            case
                when abs(units) < 100000000000 then try_cast(floor(units * 1000) as bigint)
                when abs(units) < 100000000000000 then try_cast(floor(units) as bigint)
                when abs(units) < 100000000000000000 then try_cast(floor(units * 0.001) as bigint)
                when abs(units) < 100000000000000000000 then try_cast(floor(units * 0.000001) as bigint)
            end
        )
    )[1];

-- A date and time as ISO 8601 writes them in full, with Z, an offset or none.
create or replace temp macro is_iso_moment(text) as
    regexp_full_match(
        text,
        '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,18})?(Z|[-+](0[0-9]|1[0-5]):[0-5][0-9])?'
    );

-- The moment of such a text, in UTC where it names no offset, floored to the millisecond.
create or replace temp macro iso_moment(text) as
    case when is_iso_moment(text) then floored_to_ms(try_cast(text as timestamptz)) end;

-- Dates with the month's name (RFC 2822, HTTP, access logs, JavaScript) in the order of ISO 8601; other texts as they are.
create or replace temp macro with_month_as_number(text) as
    list_transform(
        [regexp_extract(
            regexp_replace(
                regexp_replace(text, '^[A-Za-z]{3} ([A-Za-z]{3}) +([0-9]{1,2}) ([0-9:]{8}) ([0-9]{4})$', '\2 \1 \4 \3'),
                '^[A-Za-z]{3} ([A-Za-z]{3}) ([0-9]{2}) ([0-9]{4}) ([0-9:]{8}) GMT([-+][0-9]{4})( \(.*\))?$',
                '\2 \1 \3 \4 \5'
            ),
            '^(?:[A-Za-z]{3,9}, *)?([0-9]{1,2})[ /-]([A-Za-z]{3})[ /-]([0-9]{4})[ :]([0-9]{2}:[0-9]{2}.*)$',
            ['day', 'month', 'year', 'rest']
        )],
        lambda part: case
            when part.month <> '' and instr('janfebmaraprmayjunjulaugsepoctnovdec', lower(part.month)) % 3 = 1
            then concat(
                part.year, '-', lpad(((instr('janfebmaraprmayjunjulaugsepoctnovdec', lower(part.month)) + 2) // 3)::varchar, 2, '0'),
                '-', lpad(part.day, 2, '0'), 'T', part.rest
            )
            else text
        end
    )[1];

-- Other ways to write a moment as ISO 8601 in full: digits without separators, no seconds, a comma before the fraction, offsets with
-- blanks or without a colon, UTC by name, the zone's name behind an offset.
create or replace temp macro in_full(text) as
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        regexp_replace(
            text,
            '^([0-9]{4})([0-9]{2})([0-9]{2})[Tt ]([0-9]{2})([0-9]{2})([0-9]{2})', '\1-\2-\3T\4:\5:\6'
        ),
        '^([0-9]{4})-?([0-9]{2})-?([0-9]{2})[Tt ]([0-9]{2}):?([0-9]{2})([^0-9:]|$)', '\1-\2-\3T\4:\5:00\6'),
        '^([0-9-]{10})[Tt ]([0-9:]{8}),', '\1T\2.'),
        '^([0-9-]{10})[Tt ]([0-9:.]{8,}) ?(?:[Zz]|UTC?|GMT|[-+]00:?00 UTC)(?:\[[A-Za-z0-9/_+-]+\])?$', '\1T\2Z'),
        '^([0-9-]{10})[Tt ]([0-9:.]{8,}) ?([-+][0-9]{2}):?([0-9]{2})(?:\[[A-Za-z0-9/_+-]+\])?$', '\1T\2\3:\4'),
        '^([0-9-]{10})[Tt ]([0-9:.]{8,}) ?([-+][0-9]{2})$', '\1T\2\3:00');

-- The second 60 of a minute is the first one of the next.
create or replace temp macro moment_with_leap_second(text) as
    case
        when regexp_matches(text, '^[0-9-]{10}[T ][0-9:]{5}:60')
        then iso_moment(regexp_replace(text, '^([0-9-]{10}[T ][0-9:]{5}):60', '\1:59')) + interval 1 second
        else iso_moment(text)
    end;

-- A time in any of the ways that docs/log-formats.md lists; null where the text is none of them, as where day and month cannot be told
-- apart. The commonest ways come first, with looks that cost little.
create or replace temp macro instant(text) as
    coalesce(
        case when ends_with(text, 'Z') and contains(text, 'T') then floored_to_ms(try_cast(text as timestamptz)) end,
        case
            when regexp_full_match(text, '[0-9]{10}(\.[0-9]+)?')
            then make_timestamp_ms(try_cast(text[1:10] || rpad(text[12:14], 3, '0') as bigint))
            when is_number(text) then moment_since_1970(text)
            else list_transform(
                [in_full(with_month_as_number(regexp_replace(text, '^[ \t]+|[ \t]+$', '', 'g')))],
                lambda whole: moment_with_leap_second(whole)
            )[1]
        end
    );

-- The number as the record's own text has it, from a field's JSON: JSON readers pass numbers through a double, which keeps 15 digits.
create or replace temp macro number_text(record, field, parsed) as
    case
        when starts_with(parsed, '"') and not contains(parsed, '\') then (parsed::varchar)[2:-2]
        when starts_with(parsed, '"') then parsed ->> '$'
        else coalesce(
            list_filter(
                regexp_extract_all(record, '"' || field || '"\s*:\s*(-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)', 1),
                lambda digits: try_cast(digits as double) = try_cast(parsed as double)
            )[1],
            nullif(parsed::varchar, 'null')
        )
    end;

-- How large a number is, the largest decimal where it is larger still, infinite or none at all ("NaN"); null where the text is no number.
create or replace temp macro magnitude(text) as
    case
        when is_number(text) or regexp_full_match(text, '(?i)[ \t]*[-+]?(inf(inity)?|nan)[ \t]*')
        then coalesce(abs(try_cast(text as decimal(38, 6))), 99999999999999999999999999999999.999999)
    end;

-- A name with pictures in the place of the control characters that JSON's short escapes stand for (the others went before it was parsed).
create or replace temp macro visible(text) as
    translate(text, chr(8) || chr(9) || chr(10) || chr(12) || chr(13), chr(9224) || chr(9225) || chr(9226) || chr(9228) || chr(9229));

-- A sentence on one line.
create or replace temp macro on_one_line(text) as translate(text, chr(8) || chr(9) || chr(10) || chr(12) || chr(13), '     ');

create or replace temp macro has_control(text) as regexp_matches(text, '[\x00-\x1f]');

-- Words are looked up without case, hyphens, underscores and spaces; `FinishReason.MAX_TOKENS`, as programs print it, is `MAX_TOKENS`.
create or replace temp macro finish_key(word) as
    replace(translate(lower(split_part(word, '.', -1)), '_- ', ''), 'finishreason', '');

create or replace temp macro operation_key(word) as translate(lower(word), '_-. /', '');

-- An id, an account or a key that names something: not empty, not the word for nothing of some language, not only zeros. A text that is
-- long and does not begin like one of these is not looked at further.
create or replace temp macro named(text) as
    case
        when strlen(text) > 11 and left(text, 1) between '1' and 'z' then text
        when regexp_full_match(
            text, '(?i)\s*(|none|null|nil|undefined|unknown|nan|n/?a|no ?id|not[ _-]?set|<[a-z]*>|\(null\)|[-_.?]+|0[-0]+)\s*'
        )
        then null
        else text
    end;

-- A number for an id of a gateway: equal ids have equal ones, by which a verdict finds the requests that it may speak of.
create or replace temp macro id_hash_of(source, request_id) as md5_number_lower(source || '|' || request_id)::ubigint;

-- The key of a purchase: a digest of the gateway, of who bought (the account, else the key that was used, else nobody known), and of what
-- names the purchase. `kind` says how it is named, `told` is what a name of that kind needs besides. Lengths stand before the texts, so that
-- no two purchases are spelled alike. 128 bits of SHA-256: nobody finds a second one that has the key of another's.
create or replace temp macro request_key_of(source, account_id, api_key_ref, kind, told, name) as
    left(
        sha256(concat_ws(
            ' ',
            kind,
            told,
            strlen(source),
            case when account_id <> 'unknown' then 'account' when api_key_ref is not null then 'key' else 'nobody' end,
            strlen(case when account_id <> 'unknown' then account_id else coalesce(api_key_ref, '') end),
            source,
            case when account_id <> 'unknown' then account_id else coalesce(api_key_ref, '') end,
            name
        )),
        32
    );

-- A number for a request's key: equal keys have equal ones.
create or replace temp macro key_hash_of(request_key) as ('0x' || left(request_key, 16))::ubigint;

-- Whether a field that is to be a text or a number is an object or a list.
create or replace temp macro is_nested(text) as (starts_with(text, '{') or starts_with(text, '[')) and json_valid(text);

-- A text that no decision rests on; null where an object or a list stands in its place.
create or replace temp macro text_of(text, has_brackets) as case when not (has_brackets and is_nested(text)) then text end;

-- An object that names each key once: where it names one twice, the last value stays.
create or replace temp macro with_last_of_each_key(record, keys) as
    '{' || array_to_string(
        list_transform(
            list_filter(range(1, len(keys) + 1), lambda rank: not list_contains(keys[rank + 1:], keys[rank])),
            lambda rank: to_json(keys[rank]) || ':' || (record -> '$.*')[rank]
        ),
        ','
    ) || '}';

-- The field of a record that a key names, as it stands in an object; null where there is no key.
create or replace temp macro named_field(record, key) as key.name || ':' || json_extract(record, key.pointer);

-- Whether the name of a key stands in a JSON text.
create or replace temp macro has_name(json, key) as coalesce(contains(json, key.name), false);
