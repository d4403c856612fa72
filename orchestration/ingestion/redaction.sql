-- What is taken out of texts before they are stored: keys, credentials, and what people and models said.

-- What looks like a key wherever it stands. No groups: they would cost a second look at most texts.
create or replace temp macro key_shape() as
    '\b[sr]k[-_][A-Za-z0-9_*-]{4,}|\b[Bb](?:earer|asic)\s+[A-Za-z0-9._~+/=-]{6,}|\bA(?:KIA|SIA)[0-9A-Z]{12,}|\bgh[pousr]_[A-Za-z0-9]{16,}'
    || '|\bxox[a-z]-[A-Za-z0-9-]{8,}|\bAIza[A-Za-z0-9_-]{16,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*'
    || '|\bhf_[A-Za-z0-9]{16,}|\bglpat-[A-Za-z0-9_-]{16,}';

-- What is a key by where it stands: in a URL, or in what a provider says of it. The groups are what stays around it.
create or replace temp macro key_place() as
    '(://)[^/\s:@"''\\]*:[^/\s@"''\\]+(@)|([?&](?:[Kk]ey|[Tt]oken|api_?key|sig)=)[^&\s"''\\]+'
    || '|([Kk]ey provided:\s*)[^\s"''\\,;{}\[\]]*[^\s"''\\,;{}\[\].]';

-- A key that stands in such a place; a search for plain letters first, which begin with rare ones: most texts have none of these.
create or replace temp macro has_placed_key(text) as
    (contains(text, '//') or contains(text, '?') or contains(text, '&') or contains(text, ' provided:'))
    and regexp_matches(text, key_place());

create or replace temp macro has_key(text) as regexp_matches(text, key_shape() || '|' || key_place());

-- Keys by their places, out, and what stands around them kept.
create or replace temp macro without_placed_keys(text) as regexp_replace(text, key_place(), '\1\3\4[redacted]\2', 'g');

-- Strings that look like keys, out.
create or replace temp macro without_keys(text) as
    case
        when has_placed_key(text) then regexp_replace(without_placed_keys(text), key_shape(), '[redacted]', 'g')
        else regexp_replace(text, key_shape(), '[redacted]', 'g')
    end;

-- The same for a text that mostly has one key, at half the cost: of those by shape, only the first goes. What is left is to be looked at.
-- It repeats the macro above: a look that stands twice in an expression is taken out of its case and made for every text.
create or replace temp macro without_first_key(text) as
    case
        when has_placed_key(text) then regexp_replace(without_placed_keys(text), key_shape(), '[redacted]', 'g')
        else regexp_replace(text, key_shape(), '[redacted]')
    end;

-- An id that is a key, as a digest of it, so that equal ids stay equal.
create or replace temp macro id_without_key(id) as case when has_key(id) then 'sha256:' || left(sha256(id), 16) else id end;

create or replace temp macro credential_name() as
    '(?:authorization|cookie|(?:api|access|private)[-_ ]?key|token|secret|password|passwd|signature|credentials?)';

-- The name of a credential whose value is still there.
create or replace temp macro credential() as
    credential_name() || '(?:\\*["'']\s*[:,]\s*(?:\\*["''](?:[^"''\\\[]|\[(?:[^r]|r(?:[^e]|e[^d])))|[0-9{\[-])'
    || '|\s*[:=]\s*[\\"'']*[^\s"''\[\\])';

-- A cheap look: most texts name none, or had it taken out as a key.
create or replace temp macro names_credentials(text) as regexp_matches(text, '(?i)' || credential());

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

-- Ends of names of fields that hold what a person wrote or a model answered; `context` and `error_message` are none.
create or replace temp macro content_names() as
    '(?:(?:messages|prompts?|contents?|completions?|transcripts?|questions?|answers?|body|parts|choices|refusal|arguments|reasoning_content)'
    || '|["''_.\s-](?:texts?|inputs?|outputs?|reasoning|thinking|system|instructions?|query|queries|responses?)'
    || '|(?-i:[a-z](?:Text|Input|Output|Query|Response|Instructions?)))';

-- The same with the name of one message. In an error's text that is the error's own, so there it is no content.
create or replace temp macro names_with_message() as
    '(?:' || content_names() || '|(?:[^r_-]|[^o]r|[^r]or)[_-]?message)';

-- A text, list or object behind the name of content, in JSON, in JSON within JSON or as Python writes it.
create or replace temp macro said(names) as '(?:' || names || '\\*["'']\s*:\s*|' || names || '=)\\*[bru]?["''\[{(<]';

-- Whether JSON without its first key may still hold another one, a credential or content; also where a key ate the name of what follows it.
create or replace temp macro may_hold_secrets(cleaned) as
    regexp_matches(
        cleaned,
        '(?is)' || said('(?:' || names_with_message() || '|\[redacted\])') || '|\[redacted\](?:\\+["'']|''|[\[{(<])|'
        || credential() || '|(?-is:' || key_shape() || ')'
    );

create or replace temp macro has_content(text) as regexp_matches(text, '(?is)' || said(names_with_message()));

create or replace temp macro json_string() as '"(?:[^"\\]|\\.)*"';

-- Content out of JSON: strings that hold a document with content, then what stands behind a name of content, eight levels deep.
create or replace temp macro content_taken_out(json) as
    regexp_replace(
        regexp_replace(
            json,
            '(?is)"(?:[^"\\]|\\.)*(?:' || names_with_message() || '(?:\\+["'']|'')\s*:\s*|' || names_with_message() || '=)'
            || '(?:\\+["'']|[bru]?''|[\[{(<])(?:[^"\\]|\\.)*"',
            '"[content]"',
            'g'
        ),
        '(?is)(' || names_with_message() || '"\s*:\s*)'
        || '(?:' || json_string() || '|' || nested(nested(nested(nested(nested(nested(nested(nested(plain())))))))) || ')',
        '\1"[content]"',
        'g'
    );

-- JSON without content; where content lies deeper than can be followed, nothing of it.
create or replace temp macro json_without_content(json) as
    case
        when has_content(json)
        then list_transform(
            [content_taken_out(json)],
            lambda cleaned: case
                when regexp_matches(cleaned, '(?is)' || names_with_message() || '"\s*:\s*[\[{]') then '{"redacted": true}'
                else cleaned
            end
        )[1]
        else json
    end;

-- Text that is no JSON, up to the first content in it: where that ends cannot be told.
create or replace temp macro text_without_content(text, names) as
    regexp_replace(text, '(?is)(' || names || '(?:\\*["'']\s*:\s*|=))\\*[bru]?["''\[{(<].*', '\1[content]');

-- JSON without content, keys and credentials. Step by step, in lists of one: a macro given another one's text repeats it, and takes long to bind.
create or replace temp macro json_redacted(json) as
    list_transform(
        list_transform([json_without_content(json)], lambda contentless: without_keys(contentless)),
        lambda keyless: without_credentials(keyless)
    )[1];
