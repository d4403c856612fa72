-- grain: one row per compensated request, in the page's own field names
{{ config(materialized="view") }}
with compensations as (
    select * from {{ ref('fct_compensations') }}
),

rules as (
    select * from {{ ref('dim_compensation_rules') }}
),

types as (
    select * from {{ ref('dim_compensation_types') }}
),

-- A rule that was edited since the decision, until the hour is restated, does not speak for it.
final as (
    select
        compensations.requested_at as "timestamp",
        compensations.model,
        compensations.input_tokens,
        compensations.output_tokens,
        compensations.cost_usd as cost,
        compensations.latency_ms as latency,
        compensations.throughput_tps as throughput,
        compensations.finish_reason as finish,
        compensations.payout_usd as payout,
        'decided' as payout_status,
        compensations.compensation_type,
        compensations.request_id,
        compensations.source,
        compensations.account_id,
        concat(
            coalesce(types.label, compensations.compensation_type), ' under rule ', compensations.rule_id,
            case
                when rules.rule_id is null
                    then concat(
                        ', which was changed since: ', {{ plain_number("compensations.observed_value") }},
                        ' was observed where it paid at ', {{ plain_number("compensations.threshold_value") }}
                    )
                when rules.signal in ('{{ yes_no_signals() | join("', '") }}') and rules.description is not null
                    then concat(': ', rtrim(rules.description, '.'))
                else concat(
                    ': ', rules.signal, ' was ', {{ plain_number("compensations.observed_value") }},
                    ' where the rule pays at ', rules.comparator, ' ',
                    {{ plain_number("compensations.threshold_value") }}
                )
            end,
            '. It pays ',
            {{ plain_number("compensations.payout_rate * 100") }}, '% of the cost of $',
            {{ plain_number("compensations.cost_usd") }},
            coalesce(', at most $' || {{ plain_number("rules.payout_cap_usd") }}, ''), ': $',
            {{ plain_number("compensations.payout_usd") }}, '.'
        ) as explanation,
    from compensations
    left join rules
        on compensations.policy_version = rules.policy_version
        and compensations.rule_id = rules.rule_id
        and compensations.threshold_value = rules.threshold
        and compensations.payout_rate = rules.payout_rate
        and compensations.payout_usd <= coalesce(rules.payout_cap_usd, compensations.payout_usd)
    left join types on compensations.compensation_type = types.compensation_type
)

select * from final
