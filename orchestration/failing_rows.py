"""Adds to a failed dbt test the first rows that fail it, so that the terminal and Dagster show what is wrong and not only that something is."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.storage.connections import sql_text
from makegood.storage.rows import plain
from orchestration.resources import Warehouse

ROWS, COLUMNS, LONGEST = 2, 8, 60
"""How many rows are shown, how many columns of each, and how many characters of a value."""


def with_failing_rows(events: Iterable[Any], target: Path, warehouse: Warehouse) -> Iterator[Any]:
    """The events of a dbt build; a failed test's description holds the first rows that its SQL, compiled in `target`, selects.

    A test of relations that live in dbt's memory alone keeps its plain name: its rows are gone.
    """
    for event in events:
        if isinstance(event, dg.AssetCheckResult) and not event.passed:
            rows = first_rows(str((event.metadata or {}).get("unique_id", "")), target, warehouse)
            if rows:
                event = event._replace(description=f"{event.check_name}: {'; '.join(rows)}")
        yield event


def first_rows(unique_id: str, target: Path, warehouse: Warehouse) -> list[str]:
    """The first rows that a test selects, each as one text; none where its SQL is not there or cannot be run by itself."""
    name = unique_id.split(".")[2] if unique_id.count(".") > 1 else ""
    files = [file for file in (target / "compiled").rglob("*.sql") if name and file.stem == name]
    if not files:
        return []
    home: Home = warehouse.prepared_home
    try:
        with warehouse.session() as con:
            con.execute(f"attach '{sql_text(home.run_inputs)}' as run (read_only)")
            found = con.execute(f"from ({files[0].read_text().strip()}) limit {ROWS}")
            names = [column[0] for column in found.description or []][:COLUMNS]
            return [_told(dict(zip(names, row, strict=False))) for row in found.fetchall()]
    except (duckdb.Error, MakegoodError):
        return []


def _told(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {str(value)[:LONGEST]}" for name, value in plain(row).items())
