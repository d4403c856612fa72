"""Audit of fct_landing_files: did each source deliver its usual volume, and could the records be read?"""

from expectations import thresholds as limit
from expectations.suite import Relation, Suite, within

SOURCES = Relation(
    name="fct_landing_files_by_source",
    keys=("source", "landed_hour"),
    empty_means="no landing files",
    expectations=(
        within(
            "quarantined_share",
            "nearly every record can be read",
            at_most=limit.QUARANTINED_SHARE_WARN,
            null_means="too few records",
            severity="warning",
        ),
        within(
            "quarantined_share",
            "most records can be read",
            at_most=limit.QUARANTINED_SHARE_BLOCK,
            null_means="too few records",
        ),
        within(
            "volume_ratio",
            "a source lands between a tenth and ten times of what its history lands",
            at_least=limit.VOLUME_RATIO_MIN,
            at_most=limit.VOLUME_RATIO_MAX,
            null_means="no history",
        ),
    ),
    sql=f"""
-- one row per source and landing hour of the run, including sources with a history that landed nothing in the hour
with

landing_hours as (
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
        and past.landed_hour >= landing_hours.landed_hour - to_days({limit.HISTORY_DAYS})
        and date_part('hour', past.landed_hour) = date_part('hour', landing_hours.landed_hour)
    group by past.source, landing_hours.landed_hour
    having
        count(*) >= {limit.MIN_HISTORY_HOURS}
        and median(past.landed_count) >= {limit.MIN_REQUESTS}
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
            when current_hours.records_read >= {limit.MIN_REQUESTS}
                then current_hours.quarantined_count / current_hours.records_read
        end as quarantined_share,
    from current_hours
    full join history using (source, landed_hour)
)

select * from final
""",
)

SUITE = Suite(table="fct_landing_files", relations=(SOURCES,), reads=("fct_landing_files",))
