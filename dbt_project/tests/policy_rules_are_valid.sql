-- Every rule can be carried out, and types and rules belong together: one row per problem.
{{ config(meta={"dagster": {"ref": {"name": "compensation_rules"}}}) }}
with rules as (
    select * from {{ ref('compensation_rules') }}
),

types as (
    select * from {{ ref('compensation_types') }}
),

problems as (
    select rule_id as subject, 'unknown signal' as problem
    from rules
    where coalesce(signal, '') not in ('{{ signals() | join("', '") }}')
    union all
    select rule_id, 'unknown comparator'
    from rules
    where coalesce(comparator, '') not in ('>=', '>', '<=', '<', '=')
    union all
    select rule_id, 'payout rate outside 0 to 1'
    from rules
    where not coalesce(payout_rate between 0 and 1, false)
    union all
    select rule_id, 'negative cap or minimum'
    from rules
    where least(payout_cap_usd, min_output_tokens, min_latency_ms) < 0
    union all
    select coalesce(rule_id, ''), 'missing value'
    from rules
    where policy_version is null or rule_id is null or threshold is null or model_pattern is null
    union all
    select rule_id, 'rule given twice in one policy version'
    from rules
    group by policy_version, rule_id
    having count(*) > 1
    union all
    select rule_id, 'rule without a type'
    from rules
    where not exists (select 1 from types where types.compensation_type = rules.compensation_type)
    union all
    select compensation_type, 'type without a rule'
    from types
    where not exists (select 1 from rules where rules.compensation_type = types.compensation_type)
    union all
    select min(compensation_type), 'type given twice'
    from types
    group by compensation_type
    having count(*) > 1
    union all
    select min(compensation_type), 'precedence shared or missing'
    from types
    group by precedence
    having count(*) > 1 or precedence is null
)

select * from problems
