"""The inventory: what has landed, in which parts, and which parts are current. It is the truth about the lake's files.

One SQLite file in the lake, so that landing a file again replaces its parts in one transaction. Of every part it knows the size and
the digest: a part is forced to disk before it is named here, and whoever derives from one can prove its bytes.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError
from makegood.ingestion.inventory_records import AssessmentPart, LandedFile, Part, RefusedFile
from makegood.ingestion.part_seals import PartSeals
from makegood.storage.queries import named_rows, only_row, sql_beside
from makegood.storage.rows import plain
from makegood.storage.sqlite_files import is_there, open_sqlite

WAY_OUT = "put the lake back from a copy; what landed since then lands again where its landing files are still there"
FORMAT = 3
"""Which columns and keys the parts of the lake have; SQLite keeps it as the file's user_version."""


class Inventory:
    """Reads and writes the inventory. Every write is one transaction."""

    def __init__(self, file: Path) -> None:
        """Open, and create where there is none. `file` is the SQLite file, in the lake's directory.

        Raises:
            MakegoodError: it is damaged, is of another format, or is missing although there are parts in the lake.
        """
        self._lake = file.parent
        if not is_there(file) and any(self._lake.glob("*/**/*.parquet")):
            raise MakegoodError(f"{file} is missing or empty, so it is unknown which parts are current: {WAY_OUT}")
        self._db = open_sqlite(file, WAY_OUT)
        self._check_format(file)
        self._db.executescript(sql_beside(__file__, "inventory"))
        self.seals = PartSeals(self._db, self._lake)

    def _check_format(self, file: Path) -> None:
        """Raise MakegoodError where the lake is of another format than this version's."""
        (found,) = only_row(self._db.execute("pragma user_version"))
        if found == FORMAT:
            return
        if self._db.execute("select 1 from sqlite_master limit 1").fetchone() is None:
            self._db.execute(f"pragma user_version = {FORMAT}")
            return
        self._db.close()
        raise MakegoodError(
            f"the lake of {file.parent.parent} is of format {found}, and this version reads format {FORMAT}, in which requests have other keys and parts have digests:"
            " make a new home, move landing/ there, and run its landing hours again"
        )

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def file(self, landing_file: str) -> LandedFile | None:
        """The file's current version, or None where it has never landed."""
        rows = self._rows("select * from landing_files where landing_file = $landing_file", landing_file=landing_file)
        return _landed_file(rows[0]) if rows else None

    def files_of_hours(self, hours: Iterable[datetime]) -> list[LandedFile]:
        """Current versions that landed, first or last, in one of `hours`, by name."""
        files: dict[str, LandedFile] = {}
        for hour in hours:
            rows = self._rows("select * from landing_files where $hour in (landed_hour, found_hour)", hour=hour)
            files.update((row["landing_file"], _landed_file(row)) for row in rows)
        return [files[name] for name in sorted(files)]

    def next_version(self, landing_file: str) -> int:
        """A number for the file's next landing that no part of it bears, also none of a landing that was given up."""
        (version,) = only_row(self._db.execute(sql_beside(__file__, "next_version"), {"landing_file": landing_file}))
        return int(version)

    def replace(
        self,
        landed: list[tuple[LandedFile, list[Part], list[AssessmentPart]]],
        refused: Iterable[tuple[RefusedFile, list[Part], list[AssessmentPart]]] = (),
        looked_at: Iterable[str] = (),
    ) -> None:
        """Make these versions and their parts the current ones. A file's landing hour is never moved.

        Refused files stay as they were; parts that hold rows of theirs, which were read before they had to be given up, are noted, so
        that these rows are left out. Of the other files that were looked at nothing is held against any more.
        """
        with self._transaction():
            self._db.executemany("delete from refused_files where landing_file = ?", [(name,) for name in looked_at])
            for refusal, parts, assessment_parts in refused:
                self._db.execute(
                    "insert or replace into refused_files values (?, ?, ?)",
                    (refusal.landing_file, refusal.source, refusal.reason),
                )
                self._add_parts(parts)
                self._add_assessment_parts(assessment_parts)
            for file, parts, assessment_parts in landed:
                self._db.execute(sql_beside(__file__, "landed_file"), plain(asdict(file)))
                self._add_parts(parts)
                self._add_assessment_parts(assessment_parts)
            for _, parts, assessment_parts in landed:
                self.seals.seal(part.lake_part for part in parts)
                self.seals.seal(part.lake_part for part in assessment_parts)

    def refused_files(self) -> list[RefusedFile]:
        """What could not be landed, by name, as runs last found it."""
        return [RefusedFile(**row) for row in self._rows("select * from refused_files order by landing_file")]

    def _add_parts(self, parts: list[Part]) -> None:
        self._db.executemany(
            "insert or replace into parts values (?, ?, ?, ?, ?)",
            [(p.lake_part, p.landing_file, p.version, p.request_hour.isoformat(), p.landed_count) for p in parts],
        )

    def move(self, taken: Iterable[str], parts: list[AssessmentPart]) -> None:
        """Add these parts in the place of the waiting parts `taken`, by their names."""
        with self._transaction():
            for lake_part in taken:
                self._db.execute("delete from assessment_parts where lake_part = ?", (lake_part,))
                self._db.execute("delete from sealed_parts where lake_part = ?", (lake_part,))
            self._add_assessment_parts(parts)
            self.seals.seal(part.lake_part for part in parts)

    def torn_files(self, verdicts: str) -> list[str]:
        """Files of logs whose current parts do not come to the rows that landed, by name; `verdicts` is the adapter of the others."""
        rows = self._rows(sql_beside(__file__, "torn_files"), adapter=verdicts)
        return [row["landing_file"] for row in rows]

    def _add_assessment_parts(self, parts: list[AssessmentPart]) -> None:
        self._db.executemany(
            "insert or replace into assessment_parts values (?, ?, ?, ?, ?, ?)",
            [
                (
                    p.lake_part, p.landing_file, p.version, p.request_hour.isoformat() if p.request_hour else None,
                    p.assessment_count, p.is_copy,
                )
                for p in parts
            ],
        )  # fmt: skip

    def touch(self, landing_file: str, modified_ns: int) -> None:
        """Note that the file was written again with the same content."""
        with self._transaction():
            self._db.execute(
                "update landing_files set modified_ns = ? where landing_file = ?", (modified_ns, landing_file)
            )

    def hours_touched(self, landing_files: Iterable[str]) -> set[datetime]:
        """Request hours that any version of these files has, or once had, rows in, or verdicts on."""
        touched: set[datetime] = set()
        for name in landing_files:
            rows = self._rows(sql_beside(__file__, "hours_of_file"), landing_file=name)
            touched.update(datetime.fromisoformat(row["request_hour"]) for row in rows)
        return touched

    def current_parts(self, start: datetime, end: datetime) -> list[Part]:
        """Current parts with request hours in [start, end), by hour and name."""
        return [_part(row) for row in self._rows(sql_beside(__file__, "current_parts"), start=start, end=end)]

    def parts_of_files(self, landing_files: Iterable[str]) -> list[Part]:
        """Every part, current or not, of these files."""
        parts: list[Part] = []
        for name in landing_files:
            parts.extend(map(_part, self._rows("select * from parts where landing_file = $name", name=name)))
        return parts

    def replaced_files(self, lake_parts: Iterable[str]) -> list[tuple[str, str]]:
        """Pairs (part, landing file) whose rows do not count, because the file has a newer version, or had to be given up."""
        pairs: list[tuple[str, str]] = []
        for part in lake_parts:
            for table in ("parts", "assessment_parts"):
                rows = self._rows(sql_beside(__file__, "replaced_files").format(table=table), lake_part=part)
                pairs.extend((row["lake_part"], row["landing_file"]) for row in rows)
        return pairs

    def assessment_parts(self, start: datetime, end: datetime) -> list[AssessmentPart]:
        """Current parts with verdicts on requests of the hours [start, end), by hour and name."""
        return self._assessment_parts("request_hour >= $start and request_hour < $end", start=start, end=end)

    def unplaced_parts(self) -> list[AssessmentPart]:
        """Current parts with verdicts whose requests are not known, or not looked up yet, by name."""
        return self._assessment_parts("request_hour is null")

    def _assessment_parts(self, condition: str, **hours: datetime) -> list[AssessmentPart]:
        sql = sql_beside(__file__, "current_assessment_parts").format(condition=condition)
        return [_assessment_part(row) for row in self._rows(sql, **hours)]

    def assessment_parts_of_files(self, landing_files: Iterable[str]) -> list[AssessmentPart]:
        """Every part with verdicts, current or not, of these files."""
        parts: list[AssessmentPart] = []
        for name in landing_files:
            rows = self._rows("select * from assessment_parts where landing_file = $name", name=name)
            parts.extend(map(_assessment_part, rows))
        return parts

    def verdict_totals(self, adapter: str) -> tuple[int, int]:
        """Of all files that this adapter read: verdicts landed, and those of them that are in a part, wherever it is."""
        landed, placed = only_row(self._db.execute(sql_beside(__file__, "verdict_totals"), {"adapter": adapter}))
        return landed, placed

    def versions_landed_before(self, moment: datetime, start: datetime, end: datetime) -> list[tuple[str, int]]:
        """Files that landed before a moment and have current rows of request hours in [start, end), by name, with their versions."""
        rows = self._rows(sql_beside(__file__, "versions_landed_before"), moment=moment, start=start, end=end)
        return [(row["landing_file"], row["version"]) for row in rows]

    def replaced_count(self) -> int:
        """In how many records of all files characters were replaced that no text may hold."""
        (count,) = only_row(self._db.execute("select coalesce(sum(replaced_count), 0) from landing_files"))
        return int(count)

    def totals(self) -> tuple[int, int, int, int, int]:
        """Over all files: files, records read, landed, ignored, quarantined."""
        files, read, landed, ignored, quarantined = only_row(self._db.execute(sql_beside(__file__, "totals")))
        return files, read, landed, ignored, quarantined

    def _rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """The rows of a query, by the names of its columns; the values are bound by name."""
        return named_rows(self._db.execute(sql, plain(values)))


def _part(row: dict[str, Any]) -> Part:
    return Part(**row | {"request_hour": datetime.fromisoformat(row["request_hour"])})


def _assessment_part(row: dict[str, Any]) -> AssessmentPart:
    hour = row["request_hour"]
    return AssessmentPart(
        **row | {"request_hour": datetime.fromisoformat(hour) if hour else None, "is_copy": bool(row["is_copy"])}
    )


def _landed_file(row: dict[str, Any]) -> LandedFile:
    hours = {name: datetime.fromisoformat(row[name]) for name in ("landed_hour", "found_hour")}
    return LandedFile(**row | hours)
