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
            types.label, ' under rule ', compensations.rule_id, ': ',
            case
                when rules.signal in ('{{ yes_no_signals() | join("', '") }}') and rules.description is not null
                    then rtrim(rules.description, '.')
                else concat(
                    rules.signal, ' was ', {{ plain_number("compensations.observed_value") }},
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
    inner join rules
        on compensations.policy_version = rules.policy_version
        and compensations.rule_id = rules.rule_id
    inner join types on compensations.compensation_type = types.compensation_type
)

select * from final
