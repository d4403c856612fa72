"""The inventory: what has landed, in which parts, and which parts are current. It is the truth about the lake's files.

One SQLite file in the lake, so that landing a file again replaces its parts in one transaction. Of every part it knows the size and
the digest: a part is forced to disk before it is named here, and whoever derives from one can prove its bytes.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError
from makegood.storage.durable import sync
from makegood.storage.sqlite_files import is_there, open_sqlite

WAY_OUT = "put the lake back from a copy; what landed since then lands again where its landing files are still there"
SCHEMA = """
create table if not exists landing_files (
    landing_file text primary key,
    source text not null,
    adapter text not null,
    adapter_version text not null,
    landed_hour text not null,
    found_hour text not null,
    size_bytes integer not null,
    modified_ns integer not null,
    content_digest text not null,
    version integer not null,
    records_read integer not null,
    landed_count integer not null,
    ignored_count integer not null,
    quarantined_count integer not null,
    replaced_count integer not null
) strict;
create table if not exists refused_files (
    landing_file text primary key,
    source text not null,
    reason text not null
) strict;
create index if not exists landing_files_by_landed_hour on landing_files (landed_hour);
create index if not exists landing_files_by_found_hour on landing_files (found_hour);
create table if not exists parts (
    lake_part text not null,
    landing_file text not null,
    version integer not null,
    request_hour text not null,
    landed_count integer not null,
    primary key (lake_part, landing_file)
) strict;
create index if not exists parts_by_file on parts (landing_file);
create index if not exists parts_by_hour on parts (request_hour);
create table if not exists assessment_parts (
    lake_part text not null,
    landing_file text not null,
    version integer not null,
    request_hour text,
    assessment_count integer not null,
    is_copy integer not null,
    primary key (lake_part, landing_file)
) strict;
create index if not exists assessment_parts_by_file on assessment_parts (landing_file);
create index if not exists assessment_parts_by_hour on assessment_parts (request_hour);
create table if not exists sealed_parts (
    lake_part text primary key,
    size_bytes integer not null,
    digest text not null
) strict;
"""


FORMAT = 3
"""Which columns and keys the parts of the lake have; SQLite keeps it as the file's user_version."""


@dataclass(frozen=True)
class LandedFile:
    """One version of one landing file, as it landed. Counts are of records, hours are naive UTC.

    Attributes:
        adapter_version: digest of what decides how its records are read.
        landed_hour: the landing hour of the first version; it never changes.
        found_hour: the landing hour of this version; later than `landed_hour` where a file without an hour in its path was
            written again.
        version: which landing of this file it is, from 1.
        replaced_count: records in which characters were replaced that no text may hold.
    """

    landing_file: str
    source: str
    adapter: str
    adapter_version: str
    landed_hour: datetime
    found_hour: datetime
    size_bytes: int
    modified_ns: int
    content_digest: str
    version: int
    records_read: int
    landed_count: int
    ignored_count: int
    quarantined_count: int
    replaced_count: int


@dataclass(frozen=True)
class RefusedFile:
    """A landing file that could not be landed, as a run last found it. The reason is half a sentence."""

    landing_file: str
    source: str
    reason: str


@dataclass(frozen=True)
class Part:
    """What one file of Parquet holds of one landing file: `landed_count` rows of one request hour."""

    lake_part: str
    landing_file: str
    version: int
    request_hour: datetime
    landed_count: int


@dataclass(frozen=True)
class AssessmentPart:
    """What one file of Parquet holds of the verdicts of one landing file: those on requests of one hour.

    Attributes:
        request_hour: the hour of the requests; None while they have not landed, or are not looked up yet.
        is_copy: these verdicts are in another hour's part too, because their requests were delivered in both.
    """

    lake_part: str
    landing_file: str
    version: int
    request_hour: datetime | None
    assessment_count: int
    is_copy: bool = False


class Inventory:
    """Reads and writes the inventory. Every write is one transaction."""

    def __init__(self, file: Path) -> None:
        """Open, and create where there is none. `file` is the SQLite file, in the lake's directory.

        Raises:
            MakegoodError: it is damaged, is of another format, or is missing although there are parts in the lake.
        """
        self._lake = file.parent
        if not is_there(file) and any(self._lake.glob("*/**/*.parquet")):
            raise MakegoodError(f"{file} is missing or empty, and without it nobody knows which parts count: {WAY_OUT}")
        self._db = open_sqlite(file, WAY_OUT)
        self._check_format(file)
        self._db.executescript(SCHEMA)

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
                self._seal(part.lake_part for part in parts)
                self._seal(part.lake_part for part in assessment_parts)

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
            self._seal(part.lake_part for part in parts)

    def _seal(self, lake_parts: Iterable[str]) -> None:
        """Force these parts to disk, and note what their bytes are."""
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
            "select lake_part, size_bytes from (select lake_part from parts inner join landing_files using (landing_file, version)"
            " union select lake_part from assessment_parts inner join landing_files using (landing_file, version))"
            " left join sealed_parts using (lake_part) order by lake_part"
        ).fetchall()
        return [part for part, size in rows if _size(self._lake / part) != size]

    def torn_files(self, verdicts: str) -> list[str]:
        """Files of logs whose current parts do not come to the rows that landed, by name; `verdicts` is the adapter of the others."""
        rows = self._db.execute(
            "select landing_file from landing_files left join parts using (landing_file, version) where adapter <> ?"
            " group by landing_file having coalesce(sum(parts.landed_count), 0) <> landing_files.landed_count order by landing_file",
            (verdicts,),
        ).fetchall()
        return [row[0] for row in rows]

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
        rows = self._db.execute(
            "select lake_part from parts inner join landing_files using (landing_file, version)"
            " union select lake_part from assessment_parts inner join landing_files using (landing_file, version) order by 1"
        )
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
        row = self._db.execute(
            "select coalesce(sum(landed_count), 0), coalesce(sum((select sum(assessment_count) from assessment_parts as parts"
            " where (parts.landing_file, parts.version) = (files.landing_file, files.version) and not is_copy)), 0)"
            " from landing_files as files where adapter = ?",
            (adapter,),
        ).fetchone()
        return (row[0], row[1])

    def versions_landed_before(self, moment: datetime, start: datetime, end: datetime) -> list[tuple[str, int]]:
        """Files that landed before a moment and have current rows of request hours in [start, end), by name, with their versions."""
        return self._db.execute(
            "select distinct landing_file, version from parts inner join landing_files using (landing_file, version)"
            " where parts.request_hour >= ? and parts.request_hour < ? and landing_files.landed_hour < ? order by landing_file",
            (start.isoformat(), end.isoformat(), moment.isoformat()),
        ).fetchall()

    def replaced_count(self) -> int:
        """In how many records of all files characters were replaced that no text may hold."""
        row = self._db.execute("select coalesce(sum(replaced_count), 0) from landing_files").fetchone()
        return int(row[0])

    def totals(self) -> tuple[int, int, int, int, int]:
        """Over all files: files, records read, landed, ignored, quarantined."""
        row = self._db.execute(
            "select count(*), coalesce(sum(records_read), 0), coalesce(sum(landed_count), 0),"
            " coalesce(sum(ignored_count), 0), coalesce(sum(quarantined_count), 0) from landing_files"
        ).fetchone()
        return (row[0], row[1], row[2], row[3], row[4])


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None


def _assessment_part(row: tuple[Any, ...]) -> AssessmentPart:
    lake_part, file, version, hour, count, is_copy = row
    return AssessmentPart(
        lake_part, file, version, datetime.fromisoformat(hour) if hour else None, count, bool(is_copy)
    )


def _landed_file(row: tuple[Any, ...]) -> LandedFile:
    landed_hour, found_hour = (datetime.fromisoformat(text) for text in row[4:6])
    file, source, adapter, adapter_version, *_ = row
    return LandedFile(file, source, adapter, adapter_version, landed_hour, found_hour, *row[6:])
