-- One row per compensated request, from the requests.
select request_date, source, request_id, account_id, requested_at, rule_id, policy_version, cost_usd, payout_usd
from fct_requests
where reason_code = 'compensated'
