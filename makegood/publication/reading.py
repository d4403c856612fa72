"""Read-only sessions at the published snapshot: plain table names, no file, no network, no way out."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import duckdb

from makegood.errors import MakegoodError
from makegood.home import catalog_file, publications_file
from makegood.publication.publications import Contents, Publication, Publications
from makegood.publication.published_files import PREFIX, PublishedFiles, damage
from makegood.publication.sealing import attach_sealed, pin_sealed
from makegood.storage.connections import connect, sql_list, sql_text

UNPLANNED = (
    "statistics_propagation", "compressed_materialization", "join_order", "build_side_probe_side", "column_lifetime",
    "late_materialization", "top_n",
)  # fmt: skip
"""Optimizers that ask the catalog for the statistics of every column, which takes longer than finding a row by its key."""


def current_publication(warehouse: Path) -> Publication:
    """What readers see now.

    Raises:
        MakegoodError: nothing is published yet, or the record of publications is damaged or lost.
    """
    file = publications_file(warehouse)
    publication = None
    if file.exists() or catalog_file(warehouse).exists():
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
    beside: Mapping[str, Path] | None = None,
    writable: Path | None = None,
    memory_limit: str | None = None,
    for_single_rows: bool = False,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Publication]]:
    """A connection that sees one publication and nothing else, and that publication. Every reader is opened here.

    Its catalog holds the published snapshot alone; it opens the files of that snapshot, for reading; it writes nowhere but in its
    own memory, in a private folder for what does not fit there, and in `writable`.

    Args:
        warehouse: its directory.
        publication: which one to read; None is the last.
        pinned: the catalog of that publication, made by `pin_sealed`; None makes one.
        beside: DuckDB files to read besides, by the names under which they are attached.
        writable: a directory that may be written.
        memory_limit: how much DuckDB may keep, such as `400MB`; None leaves it at DuckDB's own.
        for_single_rows: whether rows are looked up by their keys, and nothing else is asked.

    Raises:
        MakegoodError: nothing is published yet, or the warehouse does not hold it any more.
    """
    publication = publication or current_publication(warehouse)
    with (
        TemporaryDirectory(
            prefix="makegood-reader-", dir=pinned and pinned.parent, ignore_cleanup_errors=True
        ) as folder,
        connect(extensions=("ducklake",), spill=Path(folder) / "spill") as con,
    ):
        private = Path(folder)
        if pinned is None:
            pinned = private / "pinned"
            pin_sealed(warehouse, publication.snapshot_id, pinned)
        with _unnamed(pinned, private) as file:
            attach_sealed(con, warehouse, publication.snapshot_id, file)
        for name, other in (beside or {}).items():
            with _unnamed(other, private) as file:
                con.execute(f"attach '{sql_text(file)}' as {name} (read_only)")
        if memory_limit is not None:
            con.execute("set memory_limit = ?", [memory_limit])
        if for_single_rows:
            con.execute("set disabled_optimizers = ?", [",".join(UNPLANNED)])
            con.execute("set threads = 1")
        _lock(con, writable)
        with saying_damage():
            yield con, publication


@contextmanager
def saying_damage() -> Iterator[None]:
    """Where DuckDB gives a question up because a file is damaged, the sentence that names it.

    Raises:
        MakegoodError: a file is damaged.
    """
    try:
        yield
    except duckdb.Error as error:
        if found := damage(error):
            raise found from error
        raise


@contextmanager
def reading_files(files: Sequence[Path]) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[str]]]:
    """A connection that opens these files, for reading, and nothing else; and their names in it."""
    with connect(extensions=()) as con:
        known = PublishedFiles()
        con.register_filesystem(known)
        known.know({str(number): file for number, file in enumerate(files)})
        _lock(con, None)
        yield con, [f"{PREFIX}{number}" for number in range(len(files))]


def _lock(con: duckdb.DuckDBPyConnection, writable: Path | None) -> None:
    """From now on nothing is opened but what the session's own file system knows, and no setting changes."""
    con.execute("set python_enable_replacements = false")
    con.execute(f"set allowed_directories = {sql_list([PREFIX, *([str(writable)] if writable else [])])}")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")


@contextmanager
def _unnamed(file: Path, private: Path) -> Iterator[Path]:
    """A name for the file that is gone once it is open.

    DuckDB lets a session write to what it has attached by its name, so the name must lead nowhere.
    """
    name = private / uuid4().hex
    name.hardlink_to(file)
    try:
        yield name
    finally:
        name.unlink()


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
