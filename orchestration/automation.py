"""Dagster's jobs and schedules."""

from datetime import UTC

import dagster as dg

from makegood.hours import HOUR, floor_hour
from makegood.settings import Settings
from orchestration.assets import LAKE, RESTATES, SETTLEMENT, UPKEEP
from orchestration.partitions import partition_key

BEFORE_BACKFILLS = {"dagster/priority": "1"}
"""The tag of scheduled runs, of which one starts before the next run of a backfill does."""

hourly_job = dg.define_asset_job(
    "hourly",
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups(SETTLEMENT, UPKEEP),
    description="Land, derive, audit and publish landing hours.",
)

restate_job = dg.define_asset_job(
    "restate",
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups(SETTLEMENT, LAKE, UPKEEP),
    tags={RESTATES: "true"},
    description="Derive request hours again under today's seeds and code, land nothing, and publish: here a partition is a request hour.",
)

settlement_job = dg.define_asset_job(
    "settlement",
    selection=dg.AssetSelection.groups(SETTLEMENT),
    description="Post what is due to the ledger, in the posting period that is the partition, and publish it.",
)


maintenance_job = dg.define_asset_job(
    "maintenance",
    selection=dg.AssetSelection.groups(UPKEEP),
    description="Tidy the warehouse. No number changes.",
)

maintenance_schedule = dg.ScheduleDefinition(
    name="maintenance_schedule",
    job=maintenance_job,
    cron_schedule="30 3 * * *",
    execution_timezone="UTC",
    tags=BEFORE_BACKFILLS,
)


@dg.schedule(cron_schedule="45 7 * * *", job=settlement_job, execution_timezone="UTC")
def settlement_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Settle once a day, after the hours that close the previous day are published."""
    key = f"{context.scheduled_execution_time.astimezone(UTC):%Y-%m-%d}"
    return dg.RunRequest(run_key=key, partition_key=key, tags=BEFORE_BACKFILLS)


@dg.schedule(cron_schedule="5 * * * *", job=hourly_job, execution_timezone="UTC")
def hourly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Run the past hour five minutes after its end. Late files of the hours before it are landed too."""
    key = partition_key(floor_hour(context.scheduled_execution_time.astimezone(UTC).replace(tzinfo=None)) - HOUR)
    landing = {"config": {"lookback_hours": Settings.read().lookback_hours}}
    run_config = {"ops": {"request_logs": landing, "content_assessments": landing}}
    return dg.RunRequest(run_key=key, partition_key=key, run_config=run_config, tags=BEFORE_BACKFILLS)
