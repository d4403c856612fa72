-- Readings of a record's text that every adapter and the landing itself share. What a log format calls a field is its adapter's.

-- A whole number; null where the text is none. 1.0 and 1e3 are whole, 1.7 is not.
create or replace temp macro whole_number(text) as
    case
        when not contains(text, '.') and not contains(lower(text), 'e') then try_cast(text as bigint)
        when try_cast(text as decimal(38, 6)) = trunc(try_cast(text as decimal(38, 6))) then try_cast(try_cast(text as decimal(38, 6)) as bigint)
    end;

-- A decimal wide enough that no digit of a cost is dropped before it is rounded.
create or replace temp macro wide_decimal(text) as try_cast(text as decimal(38, 30));

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
        else half_even(wide_decimal(text))
    end;

-- ISO 8601 (UTC where it names no offset) or seconds since 1970, floored to the millisecond.
create or replace temp macro instant(text) as
    case
        when contains(text, '-') then make_timestamp_ms(epoch_ms(try_cast(text as timestamptz)))
        else make_timestamp_ms(try_cast(floor(try_cast(text as decimal(38, 9)) * 1000) as bigint))
    end;

-- The number as the record's own text has it, from a field's JSON: JSON readers pass numbers through a double, which keeps 15 digits.
create or replace temp macro number_text(record, field, parsed) as
    case
        when starts_with(parsed, '"') then parsed ->> '$'
        else coalesce(
            list_filter(
                regexp_extract_all(record, '"' || field || '"\s*:\s*(-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)', 1),
                lambda digits: try_cast(digits as double) = try_cast(parsed as double)
            )[1],
            nullif(parsed::varchar, 'null')
        )
    end;

-- Providers' words for why an answer ended, in the canonical vocabulary.
create or replace temp macro canonical_finish(native) as
    case lower(native)
        when 'stop' then 'stop' when 'end_turn' then 'stop' when 'stop_sequence' then 'stop' when 'eos' then 'stop'
        when 'eos_token' then 'stop' when 'complete' then 'stop' when 'completed' then 'stop' when 'pause_turn' then 'stop'
        when 'length' then 'length' when 'max_tokens' then 'length' when 'max_output_tokens' then 'length'
        when 'model_context_window_exceeded' then 'length' when 'model_length' then 'length' when 'incomplete' then 'length'
        when 'tool_calls' then 'tool_calls' when 'tool_call' then 'tool_calls' when 'tool_use' then 'tool_calls' when 'function_call' then 'tool_calls'
        when 'content_filter' then 'content_filter' when 'safety' then 'content_filter' when 'refusal' then 'content_filter'
        when 'guardrail_intervened' then 'content_filter' when 'content_filtered' then 'content_filter' when 'recitation' then 'content_filter'
        when 'blocklist' then 'content_filter' when 'prohibited_content' then 'content_filter' when 'spii' then 'content_filter'
        when 'error' then 'error' when 'failed' then 'error' when 'error_toxic' then 'content_filter'
        when 'cancelled' then 'cancelled' when 'canceled' then 'cancelled'
        else case when native is not null then 'other' end
    end;

-- Strings that look like keys, out.
create or replace temp macro without_keys(text) as
    regexp_replace(
        text,
        '\b[sr]k[-_][A-Za-z0-9_*-]{4,}|\b[Bb](?:earer|asic)\s+[A-Za-z0-9._~+/=-]{6,}|\bAKIA[0-9A-Z]{12,}|\bgh[pousr]_[A-Za-z0-9]{16,}'
        || '|\bxox[a-z]-[A-Za-z0-9-]{8,}|\bAIza[A-Za-z0-9_-]{16,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*',
        '[redacted]',
        'g'
    );

create or replace temp macro credential_name() as
    '(?:authorization|cookie|(?:api|access|private)[-_ ]?key|token|secret|password|passwd|signature|credentials?)';

-- Whether a text names a credential whose value is still there. A cheap look: most texts name none, or had it taken out as a key.
create or replace temp macro names_credentials(text) as
    regexp_matches(
        text,
        '(?i)' || credential_name() || '(?:\\*["'']\s*[:,]\s*(?:\\*["''](?:[^"''\\\[]|\[(?:[^r]|r(?:[^e]|e[^d])))|[0-9{\[-])'
        || '|\s*[:=]\s*[\\"'']*[^\s"''\[\\])'
    );

-- JSON within brackets, and what stands there that is no bracket.
create or replace temp macro plain() as '[^\[\]{}"]|"(?:[^"\\]|\\.)*"';

create or replace temp macro nested(inside) as '[\[{](?:' || plain() || '|' || inside || ')*[\]}]';

-- What stands behind the name of a credential, out: in an object, a pair, a list of names and values, JSON within JSON; lists and
-- objects (three deep) and numbers; then headers and parameters in a text. JSON stays JSON.
create or replace temp macro without_credentials(text) as
    case
        when names_credentials(text)
        then regexp_replace(
            regexp_replace(
                regexp_replace(
                    text,
                    '(?i)(' || credential_name() || '\\*["'']\s*(?::\s*|,\s*\\*["'']value\\*["'']\s*:\s*)'
                    || '|[\[(]\s*\\*["''][a-z0-9_-]*' || credential_name() || '\\*["'']\s*,\s*)'
                    || '(?:(")(?:[^"\\]|\\.)*|(\\+["''])[^"''\\]*|('')[^''"\\]*)',
                    '\1\2\3\4[redacted]',
                    'g'
                ),
                '(?i)(' || credential_name() || '"\s*[:,]\s*)'
                || '(?:' || nested(nested(nested(plain()))) || '|-?[0-9][0-9.e+-]*)',
                '\1"[redacted]"',
                'g'
            ),
            '(?i)(' || credential_name() || '\s*[:=]\s*)(?:(\\*'')[^''"\\]*|(\\+")[^"\\]*|(")[^"\s,:{}\[\]]+'
            || '|(?:(?:bearer|basic|token)\s+)?[^\s"''\\,;&\[\]{}]+(?:;\s*[^\s"''\\,;&=]+=[^\s"''\\,;&]+)*)',
            '\1\2\3\4[redacted]',
            'g'
        )
        else text
    end;

-- Fields that hold what a person wrote or a model answered.
create or replace temp macro content_names() as
    'messages|choices|content|text|prompt|completion|input|output|arguments|reasoning|reasoning_content|thinking|system|instructions|query|answer|refusal|response';

create or replace temp macro has_content(text) as regexp_matches(text, '(?i)"(?:' || content_names() || ')"\s*:\s*["\[]');

-- What a person wrote or a model answered, out of JSON text. Also out of text that breaks off.
create or replace temp macro without_content(text) as
    regexp_replace(
        text,
        '(?i)("(?:' || content_names() || ')"\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|\[\s*"(?:[^"\\]|\\.)*(?:"\s*,\s*"(?:[^"\\]|\\.)*)*(?:"\s*\]|\\?$))',
        '\1"[content]"',
        'g'
    );
