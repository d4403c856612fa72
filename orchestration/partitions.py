"""The partitions, UTC. Nothing else defines any; hours as such are in makegood/hours.py."""

from datetime import date, datetime, timedelta

import dagster as dg

from makegood.hours import FIRST_HOUR, HourRange

HOURLY = dg.HourlyPartitionsDefinition(start_date=FIRST_HOUR, timezone="UTC")
"""Landing hours: when a gateway's file arrived. A run's request hours follow from its files."""

DAILY = dg.DailyPartitionsDefinition(start_date=FIRST_HOUR, timezone="UTC", end_offset=1)
"""Posting periods of the ledger: the day on which something is settled, today included."""

ONE_RUN = dg.BackfillPolicy.single_run()
"""A backfill of any range is one run."""


def landing_hours(context: dg.AssetExecutionContext) -> HourRange:
    """The landing hours of this run, naive UTC."""
    window = context.partition_time_window
    return HourRange(_naive(window.start), _naive(window.end))


def posting_period(context: dg.AssetExecutionContext) -> date:
    """The posting period of this run; of a range of them the last, for a range settles once."""
    return (_naive(context.partition_time_window.end) - timedelta(days=1)).date()


def partition_key(hour: datetime) -> str:
    """The key of the partition that is this hour."""
    return f"{hour:%Y-%m-%d-%H:%M}"


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
