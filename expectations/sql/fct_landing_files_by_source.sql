-- One row per source and landing hour of the run, including sources with a history that landed nothing in the hour.
with landing_hours as (
    select distinct landed_hour from run.landing_files
),

landed as (
    select
        source,
        landed_hour,
        sum(records_read) as records_read,
        sum(landed_count) as landed_count,
        sum(quarantined_count) as quarantined_count,
    from trailing_fct_landing_files
    group by source, landed_hour
),

history as (
    select
        past.source,
        landing_hours.landed_hour,
        median(past.landed_count) as typical_count,
    from landing_hours
    inner join landed as past
        on past.landed_hour < landing_hours.landed_hour
        and past.landed_hour >= landing_hours.landed_hour - to_days({HISTORY_DAYS})
        and date_part('hour', past.landed_hour) = date_part('hour', landing_hours.landed_hour)
    group by past.source, landing_hours.landed_hour
    having
        count(*) >= {MIN_HISTORY_HOURS}
        and median(past.landed_count) >= {MIN_REQUESTS}
),

current_hours as (
    select
        source,
        landed_hour,
        records_read,
        landed_count,
        quarantined_count,
    from landed
    semi join landing_hours using (landed_hour)
),

final as (
    select
        source,
        landed_hour,
        coalesce(current_hours.landed_count, 0) as landed_count,
        history.typical_count,
        coalesce(current_hours.landed_count, 0) / history.typical_count as volume_ratio,
        case
            when current_hours.records_read >= {MIN_REQUESTS}
                then current_hours.quarantined_count / current_hours.records_read
        end as quarantined_share,
    from current_hours
    full join history using (source, landed_hour)
)

select * from final
