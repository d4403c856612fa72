-- grain: one row per compensated request, with the column names of the page and the settlement status of its payout
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

postings as (
    select * from {{ ref('mart_ledger_postings') }}
),

-- Two CTEs over the same mart: a CTE that is referenced twice is materialised whole, so a filter on the account would not be pushed down
-- to the ledger.
days_used_up as (
    select * from {{ ref('mart_caps_used_up') }}
),

months_used_up as (
    select * from {{ ref('mart_caps_used_up') }}
),

batches as (
    select * from {{ ref('fct_ledger_batches') }}
),

settled as (
    select max(closed_until) as closed_until from batches
),

-- A rule that was edited since the decision must not explain it, so the join also compares the values that the decision recorded. Such a
-- request has no matching rule until its hour is restated.
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
        case
            when settled.closed_until is null or compensations.request_date >= settled.closed_until
                or compensations.account_id = 'unknown'
                then 'decided'
            when postings.posted_usd >= compensations.payout_usd then 'posted'
            when postings.last_reason = 'capped' or days_used_up.account_id is not null or months_used_up.account_id is not null
                then 'capped'
            else 'pending'
        end as payout_status,
        compensations.compensation_type,
        compensations.request_id,
        compensations.source,
        compensations.account_id,
        compensations.request_key,
        compensations.compensation_id,
        compensations.request_date,
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
    left join postings
        on compensations.compensation_id = postings.compensation_id
        and compensations.account_id = postings.account_id
    left join days_used_up
        on days_used_up.scope = 'account_day'
        and compensations.account_id = days_used_up.account_id
        and compensations.request_date = days_used_up.period_from
    left join months_used_up
        on months_used_up.scope = 'account_month'
        and compensations.account_id = months_used_up.account_id
        and date_trunc('month', compensations.request_date) = months_used_up.period_from
    cross join settled
)

select * from final
