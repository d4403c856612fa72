-- grain: one row per request
{{ config(partitioned_by=["request_date"]) }}
{% set request_columns = request_columns() + observed_columns() -%}
{% set decided_by_rule = "reason_code in ('compensated', 'cost_unknown', 'zero_payout')" -%}
with requests as (
    select * from {{ ref('int_request_observations') }}
),

rule_matches as (
    select * from {{ ref('int_rule_matches') }}
),

compensation_types as (
    select * from {{ ref('compensation_types') }}
),

account_coverage as (
    select * from {{ ref('account_coverage') }}
),

ranked_matches as (
    select
        rule_matches.request_key,
        rule_matches.requested_at,
        rule_matches.compensation_type,
        rule_matches.rule_id,
        rule_matches.policy_version,
        rule_matches.observed_value,
        rule_matches.threshold_value,
        rule_matches.payout_rate,
        rule_matches.payout_usd,
        row_number() over (
            partition by rule_matches.request_key, rule_matches.requested_at
            order by rule_matches.payout_usd desc, compensation_types.precedence asc, rule_matches.rule_id asc
        ) as rank,
    from rule_matches
    inner join compensation_types on rule_matches.compensation_type = compensation_types.compensation_type
),

matched_rules as (
    select
        request_key,
        requested_at,
        string_agg(rule_id, ',' order by rule_id) as matched_rule_ids,
    from rule_matches
    group by request_key, requested_at
),

-- One rule pays: the one with the highest payout; ties are broken by the precedence of the compensation type, then by rule id.
paying_rules as (
    select
        ranked_matches.request_key,
        ranked_matches.requested_at,
        ranked_matches.compensation_type,
        ranked_matches.rule_id,
        ranked_matches.policy_version,
        ranked_matches.observed_value,
        ranked_matches.threshold_value,
        ranked_matches.payout_rate,
        ranked_matches.payout_usd as rule_payout_usd,
        matched_rules.matched_rule_ids,
    from ranked_matches
    inner join matched_rules
        on ranked_matches.request_key = matched_rules.request_key
        and ranked_matches.requested_at = matched_rules.requested_at
    where ranked_matches.rank = 1
),

-- An unknown cost is the reason (cost_unknown) only where a rule matched, or where the log has no token counts either.
decided as (
    select
        {%- for column in request_columns %}
        requests.{{ column }},
        {%- endfor %}
        paying_rules.compensation_type,
        paying_rules.rule_id,
        paying_rules.policy_version,
        paying_rules.observed_value,
        paying_rules.threshold_value,
        paying_rules.payout_rate,
        paying_rules.rule_payout_usd,
        paying_rules.matched_rule_ids,
        case
            when not {{ is_purchase('requests.operation') }} then 'not_a_purchase'
            when not coalesce(account_coverage.is_covered, true) then 'not_covered'
            when requests.is_cancelled_by_caller then 'cancelled_by_caller'
            when requests.error_fault in ('caller', 'gateway') then 'caller_error'
            when requests.cost_usd = 0 or coalesce(requests.cache_hit, false) then 'not_billed'
            when requests.cost_usd is null and (
                paying_rules.rule_id is not null
                or coalesce(requests.input_tokens, requests.output_tokens) is null
            ) then 'cost_unknown'
            when paying_rules.rule_id is null then 'within_normal_range'
            when paying_rules.rule_payout_usd <= 0 then 'zero_payout'
            else 'compensated'
        end as reason_code,
    from requests
    left join paying_rules
        on requests.request_key = paying_rules.request_key
        and requests.requested_at = paying_rules.requested_at
    left join account_coverage
        on requests.account_id = account_coverage.account_id
        and {{ in_force('account_coverage', 'requests.requested_at') }}
),

final as (
    select
        {{ request_columns | join(",\n        ") }},
        reason_code,
        matched_rule_ids,
        case when {{ decided_by_rule }} then compensation_type end as compensation_type,
        case when {{ decided_by_rule }} then rule_id end as rule_id,
        case when {{ decided_by_rule }} then policy_version end as policy_version,
        case when {{ decided_by_rule }} then observed_value end as observed_value,
        case when {{ decided_by_rule }} then threshold_value end as threshold_value,
        case when {{ decided_by_rule }} then payout_rate end as payout_rate,
        case when reason_code = 'compensated' then rule_payout_usd else cast(0 as decimal(18, 12)) end as payout_usd,
    from decided
)

select * from final
