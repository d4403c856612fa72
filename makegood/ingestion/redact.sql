-- The landed rows in which a cheap look saw what may be a secret, without it. Apart from land.sql, as most groups have none.
update landed_rows
set
    request_id = id_without_key(request_id),
    trace_id = id_without_key(trace_id),
    gateway_call_id = id_without_key(gateway_call_id),
    account_id = id_without_key(account_id),
    api_key_ref = id_without_key(api_key_ref),
    id_hash = id_hash_of(source, id_without_key(request_id))
where may_have_key
