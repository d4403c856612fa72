-- One row per request hour of the window, including hours without requests.
with request_hours as (
    select request_date, request_hour from run.request_hours
),

newest_landing as (
    select max(landed_hour) as landed_hour from run.landing_files
),

measured as (
    select
        request_date,
        request_hour,
        count(*) as request_count,
        count(*) filter (where finish_reason = 'error') as error_count,
        count(*) filter (where cost_source = 'unpriced') as unpriced_count,
        count(*) filter (where account_id = 'unknown') as unknown_account_count,
        count(*) filter (where latency_ms is null) as missing_latency_count,
        count(*) filter (
            where latency_ms > {LATENCY_MS_MAX}
                or input_tokens > {INPUT_TOKENS_MAX}
                or output_tokens > {OUTPUT_TOKENS_MAX}
                or cost_usd > {COST_USD_MAX}
        ) as absurd_count,
    from audited_fct_requests
    group by request_date, request_hour
),

history as (
    select
        request_hours.request_date,
        request_hours.request_hour,
        median(past.current_count) as typical_count,
    from request_hours
    inner join trailing_fct_request_hours as past
        on past.request_hour = request_hours.request_hour
        and past.request_date < request_hours.request_date
        and past.request_date >= request_hours.request_date - {HISTORY_DAYS}
    group by request_hours.request_date, request_hours.request_hour
    having
        count(*) >= {MIN_HISTORY_HOURS}
        and median(past.current_count) >= {MIN_REQUESTS}
),

compared as (
    select
        request_hours.request_date,
        request_hours.request_hour,
        coalesce(measured.request_count, 0) as request_count,
        history.typical_count,
        coalesce(measured.request_count, 0) / history.typical_count as volume_ratio,
        request_hours.request_date + to_hours(request_hours.request_hour)
            <= newest_landing.landed_hour - to_hours({SETTLED_AFTER_HOURS}) as is_settled,
        case
            when measured.request_count >= {MIN_REQUESTS} then measured.request_count
        end as judged_count,
        measured.error_count,
        measured.unpriced_count,
        measured.unknown_account_count,
        measured.missing_latency_count,
        measured.absurd_count,
    from request_hours
    cross join newest_landing
    left join measured using (request_date, request_hour)
    left join history using (request_date, request_hour)
),

final as (
    select
        request_date,
        request_hour,
        request_count,
        typical_count,
        volume_ratio,
        case when is_settled then volume_ratio end as settled_volume_ratio,
        error_count / judged_count as error_share,
        unpriced_count / judged_count as unpriced_share,
        unknown_account_count / judged_count as unknown_account_share,
        missing_latency_count / judged_count as missing_latency_share,
        absurd_count / judged_count as absurd_share,
    from compared
)

select * from final
