-- One row per published request that bears the id, of the source, account and hour asked for where they are told.
select
    request_key, source, request_id, requested_at, request_date, request_hour, account_id, operation, native_operation, model, input_tokens,
    output_tokens, max_output_tokens, latency_ms, latency_baseline_ms, throughput_tps, finish_reason, native_finish_reason,
    has_answer, is_answer_withheld, status_code, error_code, error_origin, error_fault, cost_usd, cost_source, reason_code,
    compensation_type, rule_id, policy_version, observed_value, threshold_value, payout_rate, payout_usd,
from fct_requests
where request_id = $request_id and ($source is null or source = $source) and ($account_id is null or account_id = $account_id)
    and ($hour is null or requested_at >= $hour::timestamp)
    and ($hour is null or requested_at < $hour::timestamp + interval 1 hour)
    and ($hour is null or request_date = $hour::date)
