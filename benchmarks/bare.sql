-- The same results as the hourly run computes from one landing file, written as a one-off script without a lake, tests or history.
set timezone = 'UTC';

create table requests as
with logs as (
    select * replace (try_cast(requested_at as timestamptz) as requested_at, try_cast(completed_at as timestamptz) as completed_at)
    from read_json(
        getvariable('landing_file'),
        format = 'newline_delimited',
        ignore_errors = true,
        columns = {
            gateway_call_id: 'varchar', request_id: 'varchar', account_id: 'varchar', requested_at: 'varchar', completed_at: 'varchar',
            model: 'varchar', model_served: 'varchar', provider: 'varchar', input_tokens: 'bigint', output_tokens: 'bigint', cached_tokens: 'bigint',
            reasoning_tokens: 'bigint', cost_usd: 'varchar', cache_hit: 'boolean', ttft_ms: 'bigint', streamed: 'boolean',
            cancelled: 'boolean', finish_reason: 'varchar', status_code: 'varchar', error_code: 'varchar', max_output_tokens: 'bigint',
            meta: 'json'
        }
    )
    where coalesce(request_id, gateway_call_id) is not null and requested_at is not null and model is not null and coalesce(output_tokens, 0) >= 0
        and coalesce(input_tokens, 0) >= 0 and try_cast(requested_at as timestamptz) >= timestamptz '2020-01-01'
        and try_cast(requested_at as timestamptz) < getvariable('landed_hour')::timestamptz + interval 65 minutes
),

latest as (
    select * from logs
    qualify row_number() over (partition by coalesce(request_id, gateway_call_id) order by completed_at desc) = 1
),

measured as (
    select
        *,
        date_diff('millisecond', requested_at, completed_at) as latency_ms,
        cast(cost_usd as decimal(18, 12)) as cost,
        status_code in ('499') or cancelled as has_left,
        status_code like '4%' and status_code not in ('408', '499') and coalesce(error_code, '') <> 'provider_rate_limited' as is_callers,
    from latest
),

matched as (
    select
        *,
        case
            when not is_callers and (finish_reason = 'error' or status_code in ('408', '429') or status_code like '5%') then 1.0000
            when output_tokens - coalesce(reasoning_tokens, 0) = 0 and finish_reason not in ('tool_calls', 'content_filter') then 1.0000
            when latency_ms >= 600000 then 0.5000
            when finish_reason = 'length' and output_tokens between 1 and max_output_tokens - 1 then 0.2500
            when output_tokens >= 64 and latency_ms >= 30000
                and output_tokens * 1000 < 5 * (latency_ms - case when streamed then coalesce(ttft_ms, 0) else 0 end)
            then 0.1000
        end::decimal(5, 4) as rate,
    from measured
)

select
    *,
    case
        when has_left then 'cancelled_by_caller'
        when is_callers then 'caller_error'
        when cost = 0 or cache_hit then 'not_billed'
        when rate is null then 'within_normal_range'
        when cost is null then 'cost_unknown'
        else 'compensated'
    end as reason_code,
    round(cost * rate, 12)::decimal(18, 12) as payout_usd,
from matched;

copy requests to 'requests.parquet';

copy (select * from requests where reason_code = 'compensated') to 'compensations.parquet';

copy (
    select
        date_trunc('hour', requested_at), model, count(*), sum(input_tokens), sum(output_tokens), sum(cost),
        quantile_disc(latency_ms, [0.5, 0.95, 0.99]), quantile_disc(ttft_ms, [0.5, 0.95, 0.99]),
        count(*) filter (where reason_code = 'compensated'),
    from requests group by all
) to 'requests_hourly.parquet';

copy (
    select date_trunc('hour', requested_at), model, rate, count(*), sum(payout_usd), sum(cost)
    from requests where reason_code = 'compensated' group by all
) to 'compensation_hourly.parquet';

copy (
    select requested_at::date, account_id, model, rate, count(*), sum(payout_usd)
    from requests where reason_code = 'compensated' group by all
) to 'by_account_daily.parquet';
