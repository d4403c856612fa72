"""Read-only sessions at the published snapshot: plain table names, no file, no network, no way out."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.duck import connect, sql_list
from orchestration.errors import MakegoodError
from orchestration.publication.publications import Contents, Publication, Publications
from orchestration.warehouse import attach

UNPLANNED = (
    "statistics_propagation", "compressed_materialization", "join_order", "build_side_probe_side", "column_lifetime",
    "late_materialization", "top_n",
)  # fmt: skip
"""Optimizers that ask the catalog for the statistics of every column, which takes longer than finding a row by its key."""


def publications_file(warehouse: Path) -> Path:
    """Where the record of publications lies."""
    return warehouse / "publications.sqlite"


def current_publication(warehouse: Path) -> Publication:
    """What readers see now.

    Raises:
        MakegoodError: nothing is published yet.
    """
    file = publications_file(warehouse)
    publication = None
    if file.exists():
        record = Publications(file)
        try:
            publication = record.current()
        finally:
            record.close()
    if publication is None:
        raise MakegoodError("nothing is published yet: run `makegood run --from … --to …` first")
    return publication


@contextmanager
def reading(
    warehouse: Path,
    *,
    publication: Publication | None = None,
    pinned: Path | None = None,
    scratch: Path | None = None,
    memory_limit: str | None = None,
    for_single_rows: bool = False,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Publication]]:
    """A locked-down connection at the published snapshot, and that publication.

    Args:
        warehouse: its directory.
        publication: which one to read; None is the last.
        pinned: a private copy of the catalog, made when that was published or later.
        scratch: a directory that may be written besides, and where what does not fit in memory goes.
        memory_limit: how much DuckDB may keep, such as `400MB`; None leaves it at DuckDB's own.
        for_single_rows: whether rows are looked up by their keys, and nothing else is asked.

    Raises:
        MakegoodError: nothing is published yet.
    """
    publication = publication or current_publication(warehouse)
    with connect(spill=scratch) as con:
        attach(con, warehouse, snapshot_id=publication.snapshot_id, pinned=pinned)
        if memory_limit is not None:
            con.execute("set memory_limit = ?", [memory_limit])
        if for_single_rows:
            con.execute("set disabled_optimizers = ?", [",".join(UNPLANNED)])
            con.execute("set threads = 1")
        con.execute(f"set allowed_directories = {sql_list([str(place) for place in (warehouse, scratch) if place])}")
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        yield con, publication


def contents(con: duckdb.DuckDBPyConnection) -> Contents:
    """What the attached snapshot holds, from the small hourly tables."""
    last = con.execute("select max(request_date + to_hours(request_hour)) from fct_request_hours").fetchone()
    requests = con.execute("select coalesce(sum(current_count), 0) from fct_request_hours").fetchone()
    paid = con.execute(
        "select coalesce(sum(compensation_count), 0), coalesce(sum(payout_usd), 0) from mart_compensation_hourly"
    ).fetchone()
    assert last is not None and requests is not None and paid is not None
    return Contents(
        data_through=last[0] + timedelta(hours=1) if last[0] else None,
        request_count=int(requests[0]),
        compensation_count=int(paid[0]),
        payout_usd=Decimal(paid[1]),
    )
