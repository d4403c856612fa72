"""All partition definitions, in UTC."""

from datetime import date, datetime, timedelta

import dagster as dg

from makegood.hours import FIRST_HOUR, HourRange

HOURLY = dg.HourlyPartitionsDefinition(start_date=FIRST_HOUR, timezone="UTC")
"""Landing hours, in which a gateway's files arrived. The request hours of a run follow from the contents of its files."""

DAILY = dg.DailyPartitionsDefinition(start_date=FIRST_HOUR, timezone="UTC", end_offset=1)
"""Posting periods of the ledger: the days on which settlements are made, including today."""

A_MONTH_A_RUN = dg.BackfillPolicy.multi_run(31 * 24)
"""A backfill from the UI of more hours than this is several runs, so that each of them publishes and shows which hours it made."""

ONE_RUN = dg.BackfillPolicy.single_run()
"""A backfill of any range runs as a single run."""


def landing_hours(context: dg.AssetExecutionContext) -> HourRange:
    """The landing hours of this run, as naive UTC."""
    window = context.partition_time_window
    return HourRange(_naive(window.start), _naive(window.end))


def posting_period(context: dg.AssetExecutionContext) -> date:
    """The posting period of this run. For a range of partitions it is the last, because a range is settled once."""
    return (_naive(context.partition_time_window.end) - timedelta(days=1)).date()


def partition_key(hour: datetime) -> str:
    """The partition key of this hour."""
    return f"{hour:%Y-%m-%d-%H:%M}"


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
