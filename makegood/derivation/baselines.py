"""Input of a day's latency baselines: the deliveries of the days before it that had landed before the day began.

The model int_latency_baselines computes the baselines. This module decides which days a run measures again, and from which rows.
"""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb

from makegood.hours import HOUR
from makegood.ingestion.canonical import no_rows_sql
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.lake_parts import MERGE_REACH, select_rows
from makegood.policy.signals import BaselineTerms

COLUMNS = (
    "source", "request_key", "needs_overlap", "key_hash", "operation", "native_operation", "requested_at", "model", "output_tokens", "latency_ms",
    "cancelled", "finish_reason", "status_code", "error_origin", "landed_hour", "landing_file", "landing_line",
)  # fmt: skip
"""The canonical columns that the baselines are measured from."""


def reach(terms: BaselineTerms) -> timedelta:
    """How far before a day its input deliveries may lie. The earliest of them may repeat a request that is up to `MERGE_REACH` older."""
    return terms.days + MERGE_REACH


def baseline_digest(day: date, inventory: Inventory, terms: BaselineTerms) -> str:
    """Digest of the terms and of the file versions that the day's baselines are measured from: equal digests mean equal baselines."""
    start = datetime.combine(day, time())
    versions = inventory.versions_landed_before(start, start - reach(terms), start + HOUR)
    measured = [terms.wording, *(f"{file}/{version}" for file, version in versions)]
    return hashlib.sha256("|".join(measured).encode()).hexdigest()[:16]


def baseline_digests(days: Iterable[date], inventory: Inventory, terms: BaselineTerms) -> dict[date, str]:
    """The digest of each day."""
    return {day: baseline_digest(day, inventory, terms) for day in set(days)}


def write(
    con: duckdb.DuckDBPyConnection, days: Iterable[date], lake: Path, inventory: Inventory, terms: BaselineTerms
) -> None:
    """Create the table `baseline_days`, the days to measure, and the view `baseline_logs`, the deliveries to measure them from."""
    con.execute("create table baseline_days (baseline_date date not null)")
    wanted = sorted(set(days))
    parts = set()
    for day in wanted:
        con.execute("insert into baseline_days values (?)", [day])
        start = datetime.combine(day, time())
        parts.update(inventory.current_parts(start - reach(terms), start + HOUR))
    selected = (
        select_rows(
            list(parts), lake, inventory, COLUMNS, condition=f" and landed_hour < timestamp '{wanted[-1]} 00:00:00'"
        )
        if parts
        else f"select {', '.join(COLUMNS)}, requested_at::date as request_date, extract(hour from requested_at)::integer as request_hour from ({no_rows_sql()})"
    )
    con.execute(f"create view baseline_logs as {selected}")
