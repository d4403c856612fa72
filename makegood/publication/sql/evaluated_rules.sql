-- One row per rule in force for a request of a known hour, with how it applied.
select
    evaluations.* exclude (request_key, source, request_id, requested_at, request_date, request_hour),
    rules.description,
    types.label,
    types.precedence,
from mart_rule_evaluations as evaluations
inner join dim_compensation_rules as rules using (policy_version, rule_id)
inner join dim_compensation_types as types on evaluations.compensation_type = types.compensation_type
where {same_request} and requested_at = $requested_at and request_date = $request_date and request_hour = $request_hour
