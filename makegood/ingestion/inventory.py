"""The inventory: what has landed, in which parts, and which parts are current. It is the truth about the lake's files.

One SQLite file in the lake, so that landing a file again replaces its parts in one transaction. Of every part it knows the size and
the digest: a part is forced to disk before it is named here, and whoever derives from one can prove its bytes.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError
from makegood.ingestion.inventory_records import AssessmentPart, LandedFile, Part, RefusedFile
from makegood.ingestion.part_seals import PartSeals
from makegood.storage.queries import only_row
from makegood.storage.sqlite_files import is_there, open_sqlite

WAY_OUT = "put the lake back from a copy; what landed since then lands again where its landing files are still there"
SCHEMA = Path(__file__).parent / "inventory.sql"
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
        self._db.executescript(SCHEMA.read_text())
        self.seals = PartSeals(self._db, self._lake)

    def _check_format(self, file: Path) -> None:
        """Raise MakegoodError where the lake is of another format than this version's."""
        (found,) = self._db.execute("pragma user_version").fetchone()
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
        row = self._db.execute("select * from landing_files where landing_file = ?", (landing_file,)).fetchone()
        return _landed_file(row) if row else None

    def files_of_hours(self, hours: Iterable[datetime]) -> list[LandedFile]:
        """Current versions that landed, first or last, in one of `hours`, by name."""
        files: dict[str, LandedFile] = {}
        for hour in hours:
            rows = self._db.execute(
                "select * from landing_files where ? in (landed_hour, found_hour)", (hour.isoformat(),)
            )
            files.update((row[0], _landed_file(row)) for row in rows)
        return [files[name] for name in sorted(files)]

    def next_version(self, landing_file: str) -> int:
        """A number for the file's next landing that no part of it bears, also none of a landing that was given up."""
        row = self._db.execute(
            "select 1 + coalesce(max(version), 0) from (select version from landing_files where landing_file = ?1"
            " union all select version from parts where landing_file = ?1"
            " union all select version from assessment_parts where landing_file = ?1)",
            (landing_file,),
        ).fetchone()
        return int(row[0])

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
                self._db.execute(
                    "insert into landing_files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (landing_file) do update"
                    " set source = excluded.source, adapter = excluded.adapter, adapter_version = excluded.adapter_version,"
                    " found_hour = excluded.found_hour, size_bytes = excluded.size_bytes, modified_ns = excluded.modified_ns,"
                    " content_digest = excluded.content_digest, version = excluded.version, records_read = excluded.records_read,"
                    " landed_count = excluded.landed_count, ignored_count = excluded.ignored_count,"
                    " quarantined_count = excluded.quarantined_count, replaced_count = excluded.replaced_count",
                    (
                        file.landing_file, file.source, file.adapter, file.adapter_version, file.landed_hour.isoformat(),
                        file.found_hour.isoformat(), file.size_bytes, file.modified_ns, file.content_digest, file.version,
                        file.records_read, file.landed_count, file.ignored_count, file.quarantined_count, file.replaced_count,
                    ),
                )  # fmt: skip
                self._add_parts(parts)
                self._add_assessment_parts(assessment_parts)
            for _, parts, assessment_parts in landed:
                self.seals.seal(part.lake_part for part in parts)
                self.seals.seal(part.lake_part for part in assessment_parts)

    def refused_files(self) -> list[RefusedFile]:
        """What could not be landed, by name, as runs last found it."""
        rows = self._db.execute("select landing_file, source, reason from refused_files order by landing_file")
        return [RefusedFile(*row) for row in rows]

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
        rows = self._db.execute(
            "select landing_file from landing_files left join parts using (landing_file, version) where adapter <> ?"
            " group by landing_file having coalesce(sum(parts.landed_count), 0) <> landing_files.landed_count order by landing_file",
            (verdicts,),
        ).fetchall()
        return [row[0] for row in rows]

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
            rows = self._db.execute(
                "select request_hour from parts where landing_file = ?1 union"
                " select request_hour from assessment_parts where landing_file = ?1 and request_hour is not null",
                (name,),
            )
            touched.update(datetime.fromisoformat(row[0]) for row in rows)
        return touched

    def current_parts(self, start: datetime, end: datetime) -> list[Part]:
        """Current parts with request hours in [start, end), by hour and name."""
        rows = self._db.execute(
            "select parts.* from parts inner join landing_files using (landing_file, version)"
            " where parts.request_hour >= ? and parts.request_hour < ?"
            " order by parts.request_hour, parts.lake_part, parts.landing_file",
            (start.isoformat(), end.isoformat()),
        )
        return [Part(row[0], row[1], row[2], datetime.fromisoformat(row[3]), row[4]) for row in rows]

    def parts_of_files(self, landing_files: Iterable[str]) -> list[Part]:
        """Every part, current or not, of these files."""
        parts: list[Part] = []
        for name in landing_files:
            rows = self._db.execute("select * from parts where landing_file = ?", (name,))
            parts.extend(Part(row[0], row[1], row[2], datetime.fromisoformat(row[3]), row[4]) for row in rows)
        return parts

    def replaced_files(self, lake_parts: Iterable[str]) -> list[tuple[str, str]]:
        """Pairs (part, landing file) whose rows do not count, because the file has a newer version, or had to be given up."""
        pairs: list[tuple[str, str]] = []
        for part in lake_parts:
            for table in ("parts", "assessment_parts"):
                rows = self._db.execute(
                    f"select lake_part, landing_file from {table} left join landing_files using (landing_file)"
                    f" where lake_part = ? and {table}.version is distinct from landing_files.version",
                    (part,),
                )
                pairs.extend((row[0], row[1]) for row in rows)
        return pairs

    def assessment_parts(self, start: datetime, end: datetime) -> list[AssessmentPart]:
        """Current parts with verdicts on requests of the hours [start, end), by hour and name."""
        return self._assessment_parts("request_hour >= ? and request_hour < ?", start.isoformat(), end.isoformat())

    def unplaced_parts(self) -> list[AssessmentPart]:
        """Current parts with verdicts whose requests are not known, or not looked up yet, by name."""
        return self._assessment_parts("request_hour is null")

    def _assessment_parts(self, condition: str, *hours: str) -> list[AssessmentPart]:
        rows = self._db.execute(
            "select assessment_parts.* from assessment_parts inner join landing_files using (landing_file, version)"
            f" where {condition} order by request_hour, lake_part, landing_file",
            hours,
        )
        return [_assessment_part(row) for row in rows]

    def assessment_parts_of_files(self, landing_files: Iterable[str]) -> list[AssessmentPart]:
        """Every part with verdicts, current or not, of these files."""
        parts: list[AssessmentPart] = []
        for name in landing_files:
            rows = self._db.execute("select * from assessment_parts where landing_file = ?", (name,))
            parts.extend(_assessment_part(row) for row in rows)
        return parts

    def verdict_totals(self, adapter: str) -> tuple[int, int]:
        """Of all files that this adapter read: verdicts landed, and those of them that are in a part, wherever it is."""
        landed, placed = only_row(
            self._db.execute(
                "select coalesce(sum(landed_count), 0), coalesce(sum((select sum(assessment_count) from assessment_parts as parts"
                " where (parts.landing_file, parts.version) = (files.landing_file, files.version) and not is_copy)), 0)"
                " from landing_files as files where adapter = ?",
                (adapter,),
            )
        )
        return landed, placed

    def versions_landed_before(self, moment: datetime, start: datetime, end: datetime) -> list[tuple[str, int]]:
        """Files that landed before a moment and have current rows of request hours in [start, end), by name, with their versions."""
        return self._db.execute(
            "select distinct landing_file, version from parts inner join landing_files using (landing_file, version)"
            " where parts.request_hour >= ? and parts.request_hour < ? and landing_files.landed_hour < ? order by landing_file",
            (start.isoformat(), end.isoformat(), moment.isoformat()),
        ).fetchall()

    def replaced_count(self) -> int:
        """In how many records of all files characters were replaced that no text may hold."""
        (count,) = only_row(self._db.execute("select coalesce(sum(replaced_count), 0) from landing_files"))
        return int(count)

    def totals(self) -> tuple[int, int, int, int, int]:
        """Over all files: files, records read, landed, ignored, quarantined."""
        files, read, landed, ignored, quarantined = only_row(
            self._db.execute(
                "select count(*), coalesce(sum(records_read), 0), coalesce(sum(landed_count), 0),"
                " coalesce(sum(ignored_count), 0), coalesce(sum(quarantined_count), 0) from landing_files"
            )
        )
        return files, read, landed, ignored, quarantined


def _assessment_part(row: tuple[Any, ...]) -> AssessmentPart:
    lake_part, file, version, hour, count, is_copy = row
    return AssessmentPart(
        lake_part, file, version, datetime.fromisoformat(hour) if hour else None, count, bool(is_copy)
    )


def _landed_file(row: tuple[Any, ...]) -> LandedFile:
    landed_hour, found_hour = (datetime.fromisoformat(text) for text in row[4:6])
    file, source, adapter, adapter_version, *_ = row
    return LandedFile(file, source, adapter, adapter_version, landed_hour, found_hour, *row[6:])
