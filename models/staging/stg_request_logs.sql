-- grain: one row per request whose home hour is in the run's window
{% set times = ["completed_at", "latency_ms", "ttft_ms"] -%}
{% set columns = (["request_key", "source", "request_id", "requested_at", "first_requested_at"] + mendable_columns()) -%}
with request_logs as (
    select * from {{ source('run', 'request_logs') }}
),

request_hours as (
    select * from {{ source('run', 'request_hours') }}
),

repeated_deliveries as (
    select * from {{ ref('stg_repeated_deliveries') }}
),

model_prices as (
    select * from {{ ref('model_prices') }}
),

failure_faults as (
    select * from {{ ref('failure_faults') }}
),

delivered_once as (
    select
        {%- for column in columns %}
        {{ "requested_at as " if column == "first_requested_at" }}{{ column }},
        {%- endfor %}
    from request_logs
    where not exists (
        select 1
        from repeated_deliveries
        where repeated_deliveries.key_hash = request_logs.key_hash
    )
),

-- For each column the last reported value wins. The times of the call all come from one delivery, so that they agree with each other: the
-- last one at home with a latency, or else the last one at home.
merged as (
    select
        request_key,
        source,
        {{ last_reported("request_id") }} as request_id,
        max(case when tells_times then requested_at end) as requested_at,
        max(first_requested_at) as first_requested_at,
        {%- for column in mendable_columns() %}
        {%- if column in times %}
        max(case when tells_times then {{ column }} end) as {{ column }},
        {%- elif column == "operation" %}
        {{ merged_operation() }} as operation,
        {%- elif column == "cost_basis" %}
        coalesce(
            {{ last_reported("case when cost_usd is not null then coalesce(cost_basis, 'billed') end") }},
            case when bool_or(cost_basis = 'not_priced') then 'not_priced' end
        ) as cost_basis,
        {%- elif column in outcome_columns() %}
        {{ merged_outcome(column) }} as {{ column }},
        {%- elif column == "is_answer_withheld" %}
        bool_or(is_answer_withheld) as is_answer_withheld,
        {%- else %}
        {{ last_reported(column) }} as {{ column }},
        {%- endif %}
        {%- endfor %}
    from repeated_deliveries
    where place_ms - home_ms <= {{ merge_ms() }}
    group by request_key, source, home_ms
),

requests as (
    select {{ columns | join(", ") }} from delivered_once
    union all
    select {{ columns | join(", ") }} from merged
),

-- Every kind of failure in the run. Deliveries that are later merged contribute theirs too: a few unused kinds cost less than excluding the
-- repeated deliveries here.
failed as (
    select status_code, error_code, error_origin, finish_reason from request_logs
    union
    select status_code, error_code, error_origin, finish_reason from merged
),

-- Collected into a list and unnested so that the optimiser expects few rows: it then builds the hash table on the failures and probes it with
-- the requests, and not the other way round.
failures as (
    select unnest(list(distinct {{ failure(http_status()) }})) as failure
    from failed
    where {{ is_error(http_status()) }}
),

-- Between two adjacent bounds the set of rows in force is constant.
fault_bounds as (
    select effective_from as bound_at from failure_faults
    union
    select effective_to as bound_at from failure_faults where effective_to is not null
),

fault_periods as (
    select
        bound_at as period_from,
        -- Infinity instead of null, so that the join condition needs no `or ... is null` and the join can be a hash join.
        coalesce(lead(bound_at) over (order by bound_at), timestamp 'infinity') as period_to,
    from fault_bounds
),

faults as (
    select
        failures.failure,
        fault_periods.period_from,
        fault_periods.period_to,
        arg_min(failure_faults.fault, failure_faults.rank) as fault,
    from failures
    cross join fault_periods
    inner join failure_faults
        on {{ fits_failure('failure_faults', 'failures.failure') }}
        and {{ in_force('failure_faults', 'fault_periods.period_from') }}
    group by failures.failure, fault_periods.period_from, fault_periods.period_to
),

in_window as (
    select
        {%- for column in columns %}
        requests.{{ column }},
        {%- endfor %}
        request_hours.request_date,
        request_hours.request_hour,
    from requests
    inner join request_hours
        on cast(requests.requested_at as date) = request_hours.request_date
        and extract(hour from requests.requested_at) = request_hours.request_hour
),

-- A cost that the log does not report is calculated from the price list. It stays unknown where a token count or price is missing, where
-- input_tokens is less than the cached tokens plus the tokens written to the cache, and where the amount is implausible: least() caps it at
-- a million USD, which does not fit the column, so that try_cast returns null. Missing cache-write counts are taken as 0. Where the log shows
-- that the gateway could not price the call (not_priced), the list price is not used, because it would not be what was billed.
priced as (
    select
        {%- for column in columns + ["request_date", "request_hour"] %}
        in_window.{{ column }},
        {%- endfor %}
        case
            when in_window.cache_hit then 0
            when in_window.cached_tokens <= in_window.input_tokens - coalesce(in_window.cache_write_tokens, 0)
                and coalesce(in_window.cache_write_1h_tokens, 0) <= coalesce(in_window.cache_write_tokens, 0)
                then try_cast({{ money("least(1000000, " ~ list_price("in_window", "model_prices") ~ ")") }} as decimal(18, 12))
        end as priced_cost_usd,
        case
            when in_window.streamed or (in_window.streamed is null and in_window.ttft_ms is not null)
                then in_window.latency_ms - in_window.ttft_ms
            else in_window.latency_ms
        end as generation_ms,
        {{ http_status() }} as status,
        {{ failure(http_status()) }} as failure,
    from in_window
    left join model_prices
        on in_window.cost_usd is null
        and in_window.cost_basis is distinct from 'not_priced'
        and in_window.model = model_prices.model
        and {{ in_force('model_prices', 'in_window.requested_at') }}
),

judged as (
    select
        priced.*,
        case when priced.failure is not null then coalesce(faults.fault, 'undecided') end as error_fault,
    from priced
    left join faults
        on priced.failure = faults.failure
        and priced.requested_at >= faults.period_from
        and priced.requested_at < faults.period_to
),

final as (
    select
        request_key,
        source,
        request_id,
        trace_id,
        gateway_call_id,
        account_id,
        api_key_ref,
        operation,
        native_operation,
        requested_at,
        first_requested_at,
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
        cache_write_tokens,
        cache_write_1h_tokens,
        -- A read of an earlier purchase costs nothing: the cost that its record repeats was billed with the purchase.
        cast(case when operation = 'retrieval' then 0 else coalesce(cost_usd, priced_cost_usd) end as decimal(18, 12)) as cost_usd,
        case
            when operation = 'retrieval' then 'reported'
            when cost_usd is not null then case when cost_basis = 'breakdown' then 'breakdown' else 'reported' end
            when priced_cost_usd is not null then 'priced'
            else 'unpriced'
        end as cost_source,
        list_cost_usd,
        discount_usd,
        cache_hit,
        latency_ms,
        ttft_ms,
        case when generation_ms > 0 then generation_ms end as generation_ms,
        {{ ratio('cast(output_tokens as hugeint) * 1000', 'generation_ms') }} as throughput_tps,
        streamed,
        cancelled,
        finish_reason,
        native_finish_reason,
        has_answer,
        is_answer_withheld,
        status_code,
        error_code,
        error_origin,
        error_fault,
        {{ is_cancelled_by_caller('status') }} as is_cancelled_by_caller,
        failure is not null as is_error,
        max_output_tokens,
        landed_hour,
        landing_file,
        landing_line,
    from judged
)

select * from final
