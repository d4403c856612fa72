"""The warehouse's upkeep: merges small files and deletes what nobody can see any more. It changes no number.

It keeps the newest snapshot and those of the last publications, which readers use and a rollback may return to.
"""

import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from makegood.errors import MakegoodError
from makegood.home import Home, catalog_file, dbt_directory, publications_file, spill_directory
from makegood.publication.publications import Publications
from makegood.publication.sealing import forget_gone, prove, seal
from makegood.storage.connections import connect
from makegood.storage.warehouse import ALIAS, attach, head_snapshot
from makegood.storage.writing import writing

KEPT_PUBLICATIONS = 48
"""Two days of hourly publications."""
KEPT_FOR = timedelta(days=1)
"""How long a file that no snapshot uses is kept, because a reader that opened an expired snapshot may still be running."""


@dataclass(frozen=True)
class Upkeep:
    """What one upkeep did: snapshots expired, data files merged away, files deleted, folders of old dbt runs deleted."""

    expired_snapshots: int
    merged_files: int
    deleted_files: int
    deleted_folders: int


def maintain(home: Home, now: datetime | None = None) -> Upkeep:
    """Tidy the warehouse of this home. Readers and the record of publications are not affected.

    Args:
        home: the home.
        now: the time from which ages are counted, UTC; None means the current time.

    Raises:
        MakegoodError: there is no warehouse yet, a published file is damaged, or another process is writing in this home.
    """
    if not catalog_file(home.warehouse).exists():
        raise MakegoodError(
            f"there is no warehouse in {home.root} yet: run `makegood run --from … --to …` first, or set MAKEGOOD_HOME"
        )
    before = (now or datetime.now(UTC)) - KEPT_FOR
    with writing(home, "maintain"):
        return _tidy(home, before)


def _tidy(home: Home, before: datetime) -> Upkeep:
    published = _published(home)
    if published:
        # Merging rewrites the data, so a damaged block would be sealed as if it were right.
        prove(home.warehouse, published[0])
    _forget_seals(home)
    with connect(spill=spill_directory(home.warehouse)) as con:
        attach(con, home.warehouse, read_only=False)
        con.execute(f"call ducklake_flush_inlined_data('{ALIAS}')")
        merged = con.execute(f"call ducklake_merge_adjacent_files('{ALIAS}')").fetchall()
        kept = {*published, head_snapshot(con)}
        snapshots = con.execute(f"select snapshot_id from ducklake_snapshots('{ALIAS}')").fetchall()
        unseen = [snapshot for (snapshot,) in snapshots if snapshot not in kept]
        if unseen:
            con.execute(f"call ducklake_expire_snapshots('{ALIAS}', versions => ?)", [unseen])
        deleted = [
            file
            for call in ("ducklake_cleanup_old_files", "ducklake_delete_orphaned_files")
            for file in con.execute(f"call {call}('{ALIAS}', older_than => ?)", [before]).fetchall()
        ]
    seal(home.warehouse, published[:1])
    forget_gone(home.warehouse)
    return Upkeep(
        expired_snapshots=len(unseen),
        merged_files=sum(files_processed for _, _, files_processed, _ in merged),
        deleted_files=len(deleted),
        deleted_folders=_delete_old_folders(home, before),
    )


def _published(home: Home) -> list[int]:
    """The snapshots of the last publications, newest first."""
    with closing(Publications(publications_file(home.warehouse))) as record:
        return [publication.snapshot_id for publication in record.recent(KEPT_PUBLICATIONS)]


def _forget_seals(home: Home) -> None:
    with closing(Publications(publications_file(home.warehouse))) as record:
        record.forget_catalog_seals()


def _delete_old_folders(home: Home, before: datetime) -> int:
    """Delete the folders of compiled dbt code that older runs left. Returns how many there were."""
    old = [
        folder
        for folder in dbt_directory(home.warehouse).glob("*/")
        if datetime.fromtimestamp(folder.stat().st_mtime, UTC) < before
    ]
    for folder in old:
        shutil.rmtree(folder)
    return len(old)
