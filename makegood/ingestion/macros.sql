-- Macros that parse the texts of records, shared by the adapters and landing. The names of a log format's fields are in its adapter.

-- Whether a text is a number as JSON or a table writes it: in plain digits, with optional surrounding spaces. DuckDB's casts would also
-- accept underscores between digits and hexadecimal digits.
create or replace temp macro is_number(text) as
    regexp_full_match(text, '[ \t]*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?[ \t]*');

-- An integer; null if the text is not one. 1.0 and 1e3 are integers, 1.7 is not.
create or replace temp macro whole_number(text) as
    case
        when regexp_full_match(text, '-?[0-9]{1,18}') then try_cast(text as bigint)
        when is_number(text) then
            list_transform(
                [try_cast(text as decimal(38, 6))],
                lambda number: case when number = trunc(number) then try_cast(number as bigint) end
            )[1]
    end;

-- A decimal wide enough that no digit of a cost is lost before rounding.
create or replace temp macro wide_decimal(text) as case when is_number(text) then try_cast(text as decimal(38, 30)) end;

-- Rounds half-even to 12 places (DuckDB itself rounds half-up), like the warehouse's money().
create or replace temp macro half_even(amount) as
    case
        when abs(amount) >= 1000000 then null
        when abs(round(amount, 12) - amount) = 0.0000000000005 and cast(round(amount, 12) * 1000000000000 as hugeint) % 2 <> 0
        then try_cast(round(amount, 12) - sign(amount) * 0.000000000001 as decimal(18, 12))
        else try_cast(round(amount, 12) as decimal(18, 12))
    end;

-- US dollars; null if the text is not a number, or is a million or more. A text that fits the type needs no rounding.
create or replace temp macro money_usd(text) as
    case
        when regexp_full_match(text, '-?[0-9]{1,6}(\.[0-9]{1,12})?') then try_cast(text as decimal(18, 12))
        when text is not null then half_even(wide_decimal(text))
    end;

-- A time without its microseconds, as UTC.
create or replace temp macro floored_to_ms(moment) as make_timestamp_ms(epoch_ms(moment));

-- The time of a number of seconds, milliseconds, microseconds or nanoseconds since 1970; the unit follows from its magnitude. Seconds are
-- taken for times before the year 5138, milliseconds for times after 1973, and so on, so that no time that Makegood lands is ambiguous.
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

-- A date and time in the full form of ISO 8601, with Z, an offset or neither.
create or replace temp macro is_iso_moment(text) as
    regexp_full_match(
        text,
        '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,18})?(Z|[-+](0[0-9]|1[0-5]):[0-5][0-9])?'
    );

-- The time of such a text, taken as UTC if it has no offset, floored to the millisecond.
create or replace temp macro iso_moment(text) as
    case when is_iso_moment(text) then floored_to_ms(try_cast(text as timestamptz)) end;

-- Rewrites dates with the month's name (RFC 2822, HTTP, access logs, JavaScript) in the order of ISO 8601; other texts are unchanged.
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

-- Rewrites other notations as full ISO 8601: digits without separators, no seconds, a comma before the fraction, offsets after a space or
-- without a colon, UTC by name, a zone name after an offset.
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

-- A leap second (second 60 of a minute) becomes the first second of the next minute.
create or replace temp macro moment_with_leap_second(text) as
    case
        when regexp_matches(text, '^[0-9-]{10}[T ][0-9:]{5}:60')
        then iso_moment(regexp_replace(text, '^([0-9-]{10}[T ][0-9:]{5}):60', '\1:59')) + interval 1 second
        else iso_moment(text)
    end;

-- A time in any of the notations that docs/log-formats.md lists; null if it has none of them, for example if day and month cannot be told
-- apart. The most common notations come first, with cheap checks.
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

-- A number as the record's own text has it, given its parsed JSON field: JSON parsers convert numbers to double, which keeps 15 digits.
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

-- The absolute value of a number, or the largest decimal if it is even larger, infinite or NaN; null if the text is not a number.
create or replace temp macro magnitude(text) as
    case
        when is_number(text) or regexp_full_match(text, '(?i)[ \t]*[-+]?(inf(inity)?|nan)[ \t]*')
        then coalesce(abs(try_cast(text as decimal(38, 6))), 99999999999999999999999999999999.999999)
    end;

-- A name with control pictures in place of the control characters of JSON's short escapes; all others were replaced before parsing.
create or replace temp macro visible(text) as
    translate(text, chr(8) || chr(9) || chr(10) || chr(12) || chr(13), chr(9224) || chr(9225) || chr(9226) || chr(9228) || chr(9229));

-- A text on one line.
create or replace temp macro on_one_line(text) as translate(text, chr(8) || chr(9) || chr(10) || chr(12) || chr(13), '     ');

create or replace temp macro has_control(text) as regexp_matches(text, '[\x00-\x1f]');

-- Words are compared without case, hyphens, underscores and spaces; `FinishReason.MAX_TOKENS`, as programs print it, equals `MAX_TOKENS`.
create or replace temp macro finish_key(word) as
    replace(translate(lower(split_part(word, '.', -1)), '_- ', ''), 'finishreason', '');

create or replace temp macro operation_key(word) as translate(lower(word), '_-. /', '');

-- An id, an account or a key; null if it names nothing: an empty text, a language's word for null, or only zeros. For speed, a text of more
-- than 11 bytes is accepted without this check if its first character lies between '1' and 'z'.
create or replace temp macro named(text) as
    case
        when strlen(text) > 11 and left(text, 1) between '1' and 'z' then text
        when regexp_full_match(
            text, '(?i)\s*(|none|null|nil|undefined|unknown|nan|n/?a|no ?id|not[ _-]?set|<[a-z]*>|\(null\)|[-_.?]+|0[-0]+)\s*'
        )
        then null
        else text
    end;

-- A number for a gateway's request id: equal ids have equal numbers. It is used to find the requests that a verdict may refer to.
create or replace temp macro id_hash_of(source, request_id) as md5_number_lower(source || '|' || request_id)::ubigint;

-- The key of a purchase: a digest of the gateway, the buyer (the account, else the API key used, else nobody known), and what names the
-- purchase. `kind` is the kind of this name, and `told` is what a name of that kind needs to be unique. Lengths precede the texts, so that
-- different purchases never have the same spelling. With 128 bits of SHA-256, nobody can construct a purchase with the key of another.
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

-- A number for a request's key: equal keys have equal numbers.
create or replace temp macro key_hash_of(request_key) as ('0x' || left(request_key, 16))::ubigint;

-- Whether a field that should be a text or a number is an object or a list.
create or replace temp macro is_nested(text) as (starts_with(text, '{') or starts_with(text, '[')) and json_valid(text);

-- A text that no decision depends on; null if there is an object or a list in its place.
create or replace temp macro text_of(text, has_brackets) as case when not (has_brackets and is_nested(text)) then text end;

-- An object without duplicate keys: the last value of each key is kept.
create or replace temp macro with_last_of_each_key(record, keys) as
    '{' || array_to_string(
        list_transform(
            list_filter(range(1, len(keys) + 1), lambda rank: not list_contains(keys[rank + 1:], keys[rank])),
            lambda rank: to_json(keys[rank]) || ':' || (record -> '$.*')[rank]
        ),
        ','
    ) || '}';

-- The field of a record with this key, formatted as a member of an object; null if there is no key.
create or replace temp macro named_field(record, key) as key.name || ':' || json_extract(record, key.pointer);

-- Whether the name of a key occurs in a JSON text.
create or replace temp macro has_name(json, key) as coalesce(contains(json, key.name), false);
