-- The landed rows in which a cheap look saw what may be a secret, without it. Apart from land.sql, as most groups have none.
update landed_rows
set
    request_id = id_without_key(request_id),
    trace_id = id_without_key(trace_id),
    gateway_call_id = id_without_key(gateway_call_id),
    account_id = id_without_key(account_id),
    api_key_ref = id_without_key(api_key_ref),
    model = without_keys(model),
    model_served = without_keys(model_served),
    provider = without_keys(provider),
    native_finish_reason = without_keys(native_finish_reason),
    operation = without_keys(operation),
    native_operation = without_keys(native_operation),
    status_code = without_keys(status_code),
    error_code = without_keys(error_code),
    meta = coalesce(meta, json_redacted(suspect_meta)),
    suspect_meta = null,
    id_hash = id_hash_of(source, id_without_key(request_id))
where is_suspect
