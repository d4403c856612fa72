-- Cheap looks at texts before they are stored, by the patterns of texts/, which fill in what stands in braces. What a look finds is taken out
-- by redacting.py.

-- Whether a text holds a key, by its form or by its place.
create or replace temp macro has_key(text) as regexp_matches(text, '{secret}');

-- Whether it may hold one: a look that takes a query a tenth of the time to get ready for.
create or replace temp macro may_have_key(text) as regexp_matches(text, '{loose_secret}');

-- An id that is a key, as a digest of it, so that equal ids stay equal.
create or replace temp macro id_without_key(id) as case when has_key(id) then 'sha256:' || left(sha256(id), 16) else id end;

-- Whether a text that is kept as a text may hold a key, a credential, content, or who somebody is.
create or replace temp macro is_suspicious(text) as regexp_matches(text, '{suspicious}');

-- Meta without the credential that nearly every record has in its headers. Only the first one: looking for all takes twice as long.
create or replace temp macro without_first_credential(meta) as regexp_replace(meta, '{credential_value}', '"{not_kept_credential}"');

-- Whether all of a meta is known to be harmless, so that it is kept as it is. What is not goes through keeping.py.
create or replace temp macro is_harmless(meta) as regexp_full_match(meta, '{harmless}');
