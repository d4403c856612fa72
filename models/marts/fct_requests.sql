-- grain: one row per request
{{ config(partitioned_by=["request_date"]) }}
with requests as (
    select * from {{ ref('stg_request_logs') }}
),

signals as (
    select * from {{ ref('int_request_signals') }}
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

-- One rule pays: the highest payout, then the better precedence of its type, then the rule id.
paying_rules as (
    select
        rule_matches.*,
        string_agg(rule_matches.rule_id, ',' order by rule_matches.rule_id) over (
            partition by rule_matches.source, rule_matches.request_id
            rows between unbounded preceding and unbounded following
        ) as matched_rule_ids,
    from rule_matches
    inner join compensation_types on rule_matches.compensation_type = compensation_types.compensation_type
    qualify row_number() over (
        partition by rule_matches.source, rule_matches.request_id
        order by rule_matches.payout_usd desc, compensation_types.precedence, rule_matches.rule_id
    ) = 1
),

decided as (
    select
        requests.*,
        paying_rules.* exclude (source, request_id, payout_usd),
        paying_rules.payout_usd as rule_payout_usd,
        case
            when not coalesce(account_coverage.is_covered, true) then 'not_covered'
            when signals.is_cancelled_by_caller then 'cancelled_by_caller'
            when signals.is_caller_error then 'caller_error'
            when requests.cost_usd = 0 or coalesce(requests.cache_hit, false) then 'not_billed'
            when paying_rules.rule_id is null then 'within_normal_range'
            when requests.cost_usd is null then 'cost_unknown'
            when paying_rules.payout_usd = 0 then 'zero_payout'
            else 'compensated'
        end as reason_code,
    from requests
    inner join signals
        on requests.source = signals.source
        and requests.request_id = signals.request_id
    left join paying_rules
        on requests.source = paying_rules.source
        and requests.request_id = paying_rules.request_id
    left join account_coverage
        on requests.account_id = account_coverage.account_id
        and requests.requested_at >= account_coverage.effective_from
        and (requests.requested_at < account_coverage.effective_to or account_coverage.effective_to is null)
),

judged as (
    select
        *,
        reason_code in ('compensated', 'cost_unknown', 'zero_payout') as is_decided_by_rule,
    from decided
),

final as (
    select
        source,
        request_id,
        trace_id,
        gateway_call_id,
        account_id,
        api_key_ref,
        requested_at,
        completed_at,
        request_date,
        request_hour,
        model,
        model_served,
        provider,
        input_tokens,
        output_tokens,
        cached_tokens,
        reasoning_tokens,
        cost_usd,
        cost_source,
        cache_hit,
        latency_ms,
        ttft_ms,
        throughput_tps,
        streamed,
        cancelled,
        finish_reason,
        native_finish_reason,
        status_code,
        error_code,
        max_output_tokens,
        reason_code,
        matched_rule_ids,
        case when is_decided_by_rule then compensation_type end as compensation_type,
        case when is_decided_by_rule then rule_id end as rule_id,
        case when is_decided_by_rule then policy_version end as policy_version,
        case when is_decided_by_rule then observed_value end as observed_value,
        case when is_decided_by_rule then threshold_value end as threshold_value,
        case when is_decided_by_rule then payout_rate end as payout_rate,
        case when reason_code = 'compensated' then rule_payout_usd else cast(0 as decimal(18, 12)) end as payout_usd,
        landed_hour,
        landing_file,
        landing_line,
        lake_part,
    from judged
)

select * from final
