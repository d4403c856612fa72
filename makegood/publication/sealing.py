"""Seals what is about to be published, and verifies what was, so that damage on disk never reaches a reader, a settlement or a run.

What has no seal is read without verification: the upkeep rewrites the same rows in another form, and seals them when it is done.
checksums.py computes the seals.
"""

import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from makegood.home import catalog_file, data_directory, publications_file
from makegood.publication.checksums import file_seal, is_same
from makegood.publication.pinning import pin_catalog, pinned_files
from makegood.publication.publications import Publications
from makegood.publication.published_files import PREFIX, DamagedFileError, PublishedFiles
from makegood.storage.connections import connect, sql_text
from makegood.storage.sqlite_files import fault
from makegood.storage.warehouse import ALIAS, attach, rebuilding

PARTITION = re.compile(r"/(?:request|landed|settled)_date=(\d{4}-\d{2}-\d{2})/")


def pin_sealed(warehouse: Path, snapshot_id: int, target: Path) -> None:
    """Pin the catalog like `pin_catalog`, and verify that it still matches the seal of the snapshot.

    Raises:
        MakegoodError: the catalog is damaged, or does not contain the snapshot.
    """
    for is_last in (False, True):
        try:
            found = pin_catalog(warehouse, snapshot_id, target)
        except (sqlite3.Error, duckdb.Error) as error:
            raise fault(catalog_file(warehouse), error, rebuilding(warehouse)) from error
        with closing(Publications(publications_file(warehouse))) as record:
            sealed = record.catalog_seal(snapshot_id)
        if sealed is None or is_same(sealed, found):
            return
        # The upkeep may have run in between; it seals again what it changed.
        if is_last:
            raise fault(
                catalog_file(warehouse),
                ValueError("its content differs from what was published"),
                rebuilding(warehouse),
            )
        target.unlink()


def attach_sealed(con: duckdb.DuckDBPyConnection, warehouse: Path, snapshot_id: int, pinned: Path) -> None:
    """Attach the warehouse with a pinned catalog, so that the session can only read the snapshot's files, and verifies their seals."""
    files = PublishedFiles()
    con.register_filesystem(files)
    attach(con, warehouse, snapshot_id=snapshot_id, pinned=pinned, data=PREFIX)
    files.know(pinned_files(con, data_directory(warehouse)), seals_of(warehouse), rebuilding(warehouse))


def seals_of(warehouse: Path) -> Callable[[str], bytes | None]:
    """A function that looks up the seal of a data file by its path in the catalog."""

    @lru_cache(maxsize=10_000)
    def find(path: str) -> bytes | None:
        with closing(Publications(publications_file(warehouse))) as record:
            return record.file_seal(path)

    return find


def seal(warehouse: Path, snapshot_ids: Iterable[int]) -> None:
    """Seal these snapshots as they are now, and those of their files without a seal. The caller guarantees that they are intact.

    Raises:
        MakegoodError: the catalog does not contain a snapshot, or a file of it is missing.
    """
    with closing(Publications(publications_file(warehouse))) as record:
        known = record.sealed_files()
        snapshots: dict[int, str] = {}
        files: dict[str, bytes] = {}
        for snapshot_id in snapshot_ids:
            with _private() as target:
                snapshots[snapshot_id] = pin_catalog(warehouse, snapshot_id, target)
                fresh = {path: file for path, file in _files(warehouse, target).items() if path not in known}
            files |= {path: _sealed(file, warehouse) for path, file in fresh.items() if path not in files}
        record.note_seals(snapshots, files)


def forget_gone(warehouse: Path) -> None:
    """Delete the seals of files that no longer exist."""
    with closing(Publications(publications_file(warehouse))) as record:
        record.forget_file_seals(
            path for path in record.sealed_files() if not (data_directory(warehouse) / path).exists()
        )


def prove(warehouse: Path, snapshot_id: int, days: Collection[date] | None = None) -> None:
    """Verify the catalog of a published snapshot, and every byte of its files.

    Args:
        warehouse: its directory.
        snapshot_id: the snapshot.
        days: in tables partitioned by day, only the files of these days; None means all files.

    Raises:
        MakegoodError: something is not as it was published; names the file and what to do.
    """
    with _private() as target:
        pin_sealed(warehouse, snapshot_id, target)
        files = _files(warehouse, target)
    prove_files(warehouse, {path: file for path, file in files.items() if days is None or _is_of(path, days)})


def prove_files(warehouse: Path, files: Mapping[str, Path]) -> None:
    """Verify every byte of these files, by their paths in the catalog; files without a seal are skipped.

    Raises:
        DamagedFileError: a file does not match its seal.
    """
    with closing(Publications(publications_file(warehouse))) as record:
        seals = {path: record.file_seal(path) for path in files}
    for path, file in files.items():
        sealed = seals[path]
        try:
            is_whole = sealed is None or file_seal(file) == sealed
        except OSError:
            is_whole = False
        if not is_whole:
            raise DamagedFileError(file, rebuilding(warehouse))


def _sealed(file: Path, warehouse: Path) -> bytes:
    try:
        return file_seal(file)
    except OSError as error:
        raise DamagedFileError(file, rebuilding(warehouse)) from error


def _files(warehouse: Path, pinned: Path) -> dict[str, Path]:
    with connect(extensions=()) as con:
        con.execute(f"attach '{sql_text(pinned)}' as __ducklake_metadata_{ALIAS} (read_only)")
        return pinned_files(con, data_directory(warehouse))


def _is_of(path: str, days: Collection[date]) -> bool:
    """Whether a file may contain rows of one of these days, judging by its partition folder."""
    found = PARTITION.search(path)
    return found is None or found[1] in {day.isoformat() for day in days}


@contextmanager
def _private() -> Iterator[Path]:
    with TemporaryDirectory(prefix="makegood-pinned-") as folder:
        yield Path(folder) / "pinned"
