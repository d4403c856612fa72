"""Read-only sessions at the published snapshot, with unqualified table names and without access to any other file or the network."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import duckdb

from makegood.errors import MakegoodError
from makegood.home import catalog_file, publications_file
from makegood.hours import HOUR
from makegood.publication.publications import Contents, Publication, Publications
from makegood.publication.published_files import PREFIX, PublishedFiles, damage
from makegood.publication.sealing import attach_sealed, pin_sealed
from makegood.storage.connections import connect, sql_list, sql_text
from makegood.storage.queries import only_row

UNPLANNED = (
    "statistics_propagation", "compressed_materialization", "join_order", "build_side_probe_side", "column_lifetime",
    "late_materialization", "top_n",
)  # fmt: skip
"""Optimizers that read the statistics of every column from the catalog, which takes longer than finding a row by its key."""


def current_publication(warehouse: Path) -> Publication:
    """The publication that readers see now.

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
    """A connection that sees one publication and nothing else, and that publication. Every reader's session is opened here.

    Its catalog contains only the published snapshot, whose files it can open for reading. It can write only to its own memory, to a private
    temporary directory for data that does not fit there, and to `writable`.

    Args:
        warehouse: its directory.
        publication: the publication to read; None means the last one.
        pinned: the catalog of that publication, made by `pin_sealed`; None makes one.
        beside: further DuckDB files to read, by the names under which they are attached.
        writable: a directory that may be written to.
        memory_limit: DuckDB's memory limit, such as `400MB`; None means DuckDB's default.
        for_single_rows: whether the session only looks up rows by their keys.

    Raises:
        MakegoodError: nothing is published yet, or the warehouse does not contain that publication any more.
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
    """Replace DuckDB's error by our own if a query fails because of a damaged file.

    Raises:
        MakegoodError: a file is damaged; names it.
    """
    try:
        yield
    except duckdb.Error as error:
        if found := damage(error):
            raise found from error
        raise


@contextmanager
def reading_files(files: Sequence[Path]) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[str]]]:
    """A connection that can open only these files, for reading, and their names in it."""
    with connect(extensions=()) as con:
        known = PublishedFiles()
        con.register_filesystem(known)
        known.know({str(number): file for number, file in enumerate(files)})
        _lock(con, None)
        yield con, [f"{PREFIX}{number}" for number in range(len(files))]


def _lock(con: duckdb.DuckDBPyConnection, writable: Path | None) -> None:
    """From now on only the session's own file system can be opened, and no setting can be changed."""
    con.execute("set python_enable_replacements = false")
    con.execute(f"set allowed_directories = {sql_list([PREFIX, *([str(writable)] if writable else [])])}")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")


@contextmanager
def _unnamed(file: Path, private: Path) -> Iterator[Path]:
    """A temporary second name for the file, which is removed after it was opened.

    DuckDB lets a session write to an attached file under its name, so that name must not exist any more.
    """
    name = private / uuid4().hex
    name.hardlink_to(file)
    try:
        yield name
    finally:
        name.unlink()


def contents(con: duckdb.DuckDBPyConnection) -> Contents:
    """The key figures of the attached snapshot, from the small hourly tables."""
    last_hour, request_count = only_row(
        con.execute(
            "select max(request_date + to_hours(request_hour)), coalesce(sum(current_count), 0) from fct_request_hours"
        )
    )
    compensation_count, payout_usd = only_row(
        con.execute(
            "select coalesce(sum(compensation_count), 0), coalesce(sum(payout_usd), 0) from mart_compensation_hourly"
        )
    )
    return Contents(
        data_through=last_hour + HOUR if last_hour else None,
        request_count=int(request_count),
        compensation_count=int(compensation_count),
        payout_usd=Decimal(payout_usd),
    )
