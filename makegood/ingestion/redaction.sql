-- Cheap checks of texts before they are stored. The placeholders in braces are filled with the patterns of texts/. redacting.py removes
-- what the checks find.

-- Whether a text contains a key, by its form or by its place.
create or replace temp macro has_key(text) as regexp_matches(text, '{secret}');

-- Whether it may contain one: a looser pattern, which a query prepares in a tenth of the time.
create or replace temp macro may_have_key(text) as regexp_matches(text, '{loose_secret}');

-- An id; if it is a key, its digest, so that equal ids stay equal.
create or replace temp macro id_without_key(id) as case when has_key(id) then 'sha256:' || left(sha256(id), 16) else id end;

-- Whether a stored text may contain a key, a credential, content, or personal data.
create or replace temp macro is_suspicious(text) as regexp_matches(text, '{suspicious}');

-- Meta without the credential that nearly every record has in its headers. Only the first one: replacing all takes twice as long.
create or replace temp macro without_first_credential(meta) as regexp_replace(meta, '{credential_value}', '"{not_kept_credential}"');

-- Whether the whole meta is known to be harmless and can be stored unchanged. Any other meta goes through keeping.py.
create or replace temp macro is_harmless(meta) as regexp_full_match(meta, '{harmless}');
