-- Replaces ids that contain a key by their digests, in the landed rows that may have one. Separate from land.sql because most groups have
-- no such rows.
update landed_rows
set
    request_id = id_without_key(request_id),
    trace_id = id_without_key(trace_id),
    gateway_call_id = id_without_key(gateway_call_id),
    account_id = id_without_key(account_id),
    api_key_ref = id_without_key(api_key_ref),
    id_hash = id_hash_of(source, id_without_key(request_id))
where may_have_key
