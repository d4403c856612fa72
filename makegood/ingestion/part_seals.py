"""Seals of the lake's parts: the size and digest of each, noted once its bytes are on disk, by which it is proved before it is read."""

import hashlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError
from makegood.storage.durable import sync
from makegood.storage.queries import named_rows, sql_beside


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
            found = self._db.execute("select digest from sealed_parts where lake_part = ?", (lake_part,))
            sealed = [row["digest"] for row in named_rows(found)]
            try:
                with (self._lake / lake_part).open("rb") as opened:
                    digest = hashlib.file_digest(opened, "sha256").hexdigest()
            except OSError:
                raise self.fault(lake_part, "is missing") from None
            if sealed != [digest]:
                raise self.fault(lake_part, "does not hold the bytes that were written")

    def fault(self, lake_part: str, what: str) -> MakegoodError:
        """The sentence about a part that cannot be read."""
        files = self._rows("files_of_part", lake_part=lake_part)
        origin = "{landing_file}, landed in {landed_hour:.13}".format(**files[0]) if files else "an unknown file"
        return MakegoodError(
            f"{self._lake / lake_part} {what} (it is of {origin}): put it back from a copy of the lake; or delete it and run that landing"
            " hour again, where the landing file is still there"
        )

    def damaged_parts(self) -> list[str]:
        """Current parts that are missing or have another size, by name: a look at the files' names and sizes alone."""
        return [row["lake_part"] for row in self._rows("current_part_sizes") if not self._is_sound(row)]

    def is_whole(self, landing_file: str) -> bool:
        """Whether every current part of this file is there in its size."""
        return all(map(self._is_sound, self._rows("part_sizes_of_file", landing_file=landing_file)))

    def current_part_names(self) -> list[str]:
        """Every part that counts, by name."""
        return [row["lake_part"] for row in self._rows("current_part_sizes")]

    def _is_sound(self, row: dict[str, Any]) -> bool:
        """Whether the part of this row is there in the size that it was sealed with."""
        size: int | None = row["size_bytes"]
        return _size(self._lake / row["lake_part"]) == size

    def _rows(self, name: str, **values: str) -> list[dict[str, Any]]:
        return named_rows(self._db.execute(sql_beside(__file__, name), values))


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None
