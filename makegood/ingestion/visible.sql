-- One row per row of the adapter, with the remaining control characters in its texts replaced, and whether a name contained one. It is put
-- between the adapter and land.sql only if a group's lines contain escapes.
select
    * replace (
        visible(request_id) as request_id,
        visible(trace_id) as trace_id,
        visible(gateway_call_id) as gateway_call_id,
        visible(account_id) as account_id,
        visible(api_key_ref) as api_key_ref,
        visible(operation) as operation,
        visible(native_operation) as native_operation,
        visible(model) as model,
        visible(model_served) as model_served,
        visible(provider) as provider,
        visible(finish_reason) as finish_reason,
        visible(native_finish_reason) as native_finish_reason,
        visible(status_code) as status_code,
        visible(error_code) as error_code,
        on_one_line(error_message) as error_message
    ),
    has_control(concat_ws(
        '', request_id, trace_id, gateway_call_id, account_id, api_key_ref, operation, native_operation, model, model_served, provider,
        finish_reason, native_finish_reason, status_code, error_code
    )) as has_controls,
from {adapted}
