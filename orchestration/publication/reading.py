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
    warehouse: Path, *, scratch: Path | None = None, memory_limit: str | None = None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Publication]]:
    """A locked-down connection at the published snapshot, and that publication.

    Args:
        warehouse: its directory.
        scratch: a directory that may be written besides, and where what does not fit in memory goes.
        memory_limit: how much DuckDB may keep, such as `400MB`; None leaves it at DuckDB's own.

    Raises:
        MakegoodError: nothing is published yet.
    """
    publication = current_publication(warehouse)
    with connect(spill=scratch) as con:
        attach(con, warehouse, snapshot_id=publication.snapshot_id)
        if memory_limit is not None:
            con.execute("set memory_limit = ?", [memory_limit])
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
