"""SQL that selects the valid rows of given lake parts, without those of replaced file versions. The caller chooses the parts."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from makegood.errors import MakegoodError
from makegood.ingestion.canonical import COLUMNS
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.inventory_records import Part
from makegood.storage.connections import sql_list, sql_text

MERGE_REACH = timedelta(days=7)
"""How far apart deliveries of one request may be, as in the models' merge_hours(). Beyond that, the same key is another request."""


def paths(lake: Path, lake_parts: Iterable[str]) -> list[str]:
    """The files of these parts, without duplicates, sorted.

    Raises:
        MakegoodError: a file is missing.
    """
    files = [lake / part for part in sorted(set(lake_parts))]
    for file in files:
        if not file.is_file():
            raise MakegoodError(
                f"{file} is missing: put it back from a copy of the lake, or run the landing hours of its landing file again"
            )
    return [str(file) for file in files]


def select_rows(
    parts: list[Part], lake: Path, inventory: Inventory, columns: Iterable[str] = COLUMNS, condition: str = ""
) -> str:
    """A select of canonical columns, and of the day and hour of `requested_at`, over at least one part.

    Args:
        parts: what to read; rows of older versions of a landing file are left out.
        lake: the lake's directory.
        inventory: what has landed.
        columns: names of canonical columns.
        condition: SQL that is appended to the where clause, such as ` and model is not null`.
    """
    typed = ", ".join(f"{name}::{COLUMNS[name]} as {name}" for name in columns)
    return (
        f"select {typed}, requested_at::date as request_date, extract(hour from requested_at)::integer as request_hour"
        f" {current_rows((part.lake_part for part in parts), lake, inventory)}{condition}"
    )


def current_rows(lake_parts: Iterable[str], lake: Path, inventory: Inventory) -> str:
    """The part of a query after `select …`: rows of these parts, of logs or of verdicts, whose landing file has no newer version.

    The column `filename` is the part's path; there are no partition columns.
    """
    names = sorted(set(lake_parts))
    excluded = "".join(
        f" and not (filename = '{sql_text(lake / part)}' and landing_file = '{sql_text(file)}')"
        for part, file in inventory.replaced_files(names)
    )
    return f"from read_parquet({sql_list(paths(lake, names))}, hive_partitioning = false, filename = true) where true{excluded}"
