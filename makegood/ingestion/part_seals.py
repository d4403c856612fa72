"""Seals of the lake's parts: the size and digest of each, noted once its bytes are on disk, by which it is proved before it is read."""

import hashlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from makegood.errors import MakegoodError
from makegood.storage.durable import sync

CURRENT = (
    "select lake_part from parts inner join landing_files using (landing_file, version)"
    " union select lake_part from assessment_parts inner join landing_files using (landing_file, version)"
)
"""The parts that count. SQLite does not look into it for one file's parts, which are therefore asked for apart."""


class PartSeals:
    """Seals parts, and compares parts with their seals. They lie in the inventory's own file, so that both change in one transaction."""

    def __init__(self, db: sqlite3.Connection, lake: Path) -> None:
        """`db` is the inventory, open; `lake` is the directory that parts are named from."""
        self._db, self._lake = db, lake

    def seal(self, lake_parts: Iterable[str]) -> None:
        """Force these parts to disk and note the size and digest of each, within the caller's transaction."""
        folders = set()
        for lake_part in sorted(set(lake_parts)):
            file = self._lake / lake_part
            sync(file)
            with file.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            seal = (lake_part, file.stat().st_size, digest)
            self._db.execute("insert or replace into sealed_parts values (?, ?, ?)", seal)
            folders.add(file.parent)
        for folder in folders:
            sync(folder)

    def prove(self, lake_parts: Iterable[str]) -> None:
        """Read these parts whole: their bytes must be those that were written.

        Raises:
            MakegoodError: a part is missing or holds other bytes; names it, the landing file and the way out.
        """
        for lake_part in sorted(set(lake_parts)):
            row = self._db.execute("select digest from sealed_parts where lake_part = ?", (lake_part,)).fetchone()
            try:
                with (self._lake / lake_part).open("rb") as opened:
                    digest = hashlib.file_digest(opened, "sha256").hexdigest()
            except OSError:
                raise self.fault(lake_part, "is missing") from None
            if row is None or digest != row[0]:
                raise self.fault(lake_part, "does not hold the bytes that were written")

    def fault(self, lake_part: str, what: str) -> MakegoodError:
        """The sentence about a part that cannot be read."""
        rows = self._db.execute(
            "select landing_file, landed_hour from landing_files where landing_file in"
            " (select landing_file from parts where lake_part = ?1 union all"
            " select landing_file from assessment_parts where lake_part = ?1) order by landing_file",
            (lake_part,),
        ).fetchall()
        origin = f"{rows[0][0]}, landed in {rows[0][1][:13]}" if rows else "an unknown file"
        return MakegoodError(
            f"{self._lake / lake_part} {what} (it is of {origin}): put it back from a copy of the lake; or delete it and run that landing"
            " hour again, where the landing file is still there"
        )

    def damaged_parts(self) -> list[str]:
        """Current parts that are missing or have another size, by name: a look at the files' names and sizes alone."""
        rows = self._db.execute(
            f"select lake_part, size_bytes from ({CURRENT}) left join sealed_parts using (lake_part) order by lake_part"
        ).fetchall()
        return [part for part, size in rows if _size(self._lake / part) != size]

    def is_whole(self, landing_file: str) -> bool:
        """Whether every current part of this file is there in its size."""
        rows = self._db.execute(
            "select lake_part, size_bytes from (select lake_part from parts inner join landing_files using (landing_file, version)"
            " where landing_file = ?1 union select lake_part from assessment_parts inner join landing_files using"
            " (landing_file, version) where landing_file = ?1) left join sealed_parts using (lake_part)",
            (landing_file,),
        ).fetchall()
        return all(_size(self._lake / part) == size for part, size in rows)

    def current_part_names(self) -> list[str]:
        """Every part that counts, by name."""
        return [row[0] for row in self._db.execute(f"{CURRENT} order by 1")]


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None
