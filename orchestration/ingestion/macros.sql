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
        when contains(text, '-') then date_trunc('millisecond', try_cast(text as timestamptz) at time zone 'UTC')
        else make_timestamp(try_cast(floor(try_cast(text as decimal(38, 9)) * 1000) as bigint) * 1000)
    end;

-- The number as the record's own text has it: JSON readers pass numbers through a double, which keeps 15 digits.
create or replace temp macro number_text(record, field, parsed) as
    case
        when length(replace(replace(ltrim(parsed, '-0.'), '.', ''), '-', '')) < 15 and not contains(parsed, 'e') then parsed
        else coalesce(
            list_filter(
                regexp_extract_all(record, '"' || field || '"\s*:\s*(-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)', 1),
                lambda digits: try_cast(digits as double) = try_cast(parsed as double)
            )[1],
            parsed
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

-- Secrets out: values of credential headers and fields, and strings that look like keys anywhere.
create or replace temp macro redacted(text) as
    regexp_replace(
        regexp_replace(
            text,
            '(?i)((?:authorization|cookie|api[-_]?key|token|secret|password|credentials?)"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\])',
            '\1"[redacted]"',
            'g'
        ),
        '\bsk-[A-Za-z0-9_*-]{4,}|\b[Bb](?:earer|asic)\s+[A-Za-z0-9._~+/=-]{6,}|\bAKIA[0-9A-Z]{12,}|\bgh[pousr]_[A-Za-z0-9]{16,}|\bxox[a-z]-[A-Za-z0-9-]{8,}|\bAIza[A-Za-z0-9_-]{16,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*',
        '[redacted]',
        'g'
    );

-- What a person wrote or a model answered, out of a raw line that is kept for its fault.
create or replace temp macro without_content(text) as
    regexp_replace(
        text,
        '(?i)("(?:content|text|prompt|completion|input|output|arguments|reasoning|reasoning_content|thinking)"\s*:\s*)"(?:[^"\\]|\\.)*"?',
        '\1"[content]"',
        'g'
    );
