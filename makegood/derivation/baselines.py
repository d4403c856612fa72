"""What the latency baselines of a day are measured on: the deliveries of the days before it that had landed before it began.

What is normal is the models' business (int_latency_baselines); which days are measured again is the run's.
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
"""The canonical columns that a baseline is measured on."""


def reach(terms: BaselineTerms) -> timedelta:
    """How far before a day deliveries may lie that its baselines are measured on: the first of its days may repeat one so much older."""
    return terms.days + MERGE_REACH


def baseline_digest(day: date, inventory: Inventory, terms: BaselineTerms) -> str:
    """Of the terms and the file versions that the day's baselines are measured on: equal digests mean equal baselines."""
    start = datetime.combine(day, time())
    versions = inventory.versions_landed_before(start, start - reach(terms), start + HOUR)
    measured = [terms.wording, *(f"{file}/{version}" for file, version in versions)]
    return hashlib.sha256("|".join(measured).encode()).hexdigest()[:16]


def baseline_digests(days: Iterable[date], inventory: Inventory, terms: BaselineTerms) -> dict[date, str]:
    """For each day its digest."""
    return {day: baseline_digest(day, inventory, terms) for day in set(days)}


def write(
    con: duckdb.DuckDBPyConnection, days: Iterable[date], lake: Path, inventory: Inventory, terms: BaselineTerms
) -> None:
    """Write the table `baseline_days`, the days whose baselines are to be measured, and the view `baseline_logs` of what on."""
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
