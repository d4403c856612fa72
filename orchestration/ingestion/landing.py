"""Lands files: every record of a landing file becomes a row of the lake, a quarantined line, or an ignored one, and is counted.

A group of chunks (one large file's piece, or many small files) becomes one file of Parquet for each request hour and worker.
The inventory learns of them in one transaction when all are written, so that a crash leaves the parts that were current before.
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd

from orchestration.duck import connect, sql_text
from orchestration.errors import MakegoodError
from orchestration.ingestion.canonical import columns_sql
from orchestration.ingestion.inventory import Inventory, LandedFile, Part
from orchestration.ingestion.records import Chunk, RecordFile
from orchestration.ingestion.sources import LandingFile, Source

HERE = Path(__file__).parent
GROUP_BYTES = 64 << 20
WORKERS = 2
EARLIEST = datetime(2015, 1, 1)  # noqa: DTZ001 - naive UTC; no gateway of language models is older
LARGEST_COUNT = 10**12
"""Tokens or milliseconds beyond this are a broken counter and not a request."""
IGNORED = ("blank_line", "not_a_request")


@dataclass
class _Pending:
    """A file on its way in, and what is known of it so far."""

    file: LandingFile
    reading: RecordFile
    attempt: str
    counts: dict[str, int] = field(default_factory=lambda: {"landed": 0, "ignored": 0, "quarantined": 0})
    parts: list[tuple[str, datetime, int]] = field(default_factory=list)


@dataclass(frozen=True)
class _Group:
    """Chunks that are written together; `members` are the files that they belong to, by file_index."""

    number: int
    members: list[_Pending]
    chunks: list[tuple[int, Chunk]]


def land(files: list[LandingFile], lake: Path, inventory: Inventory) -> list[LandedFile]:
    """Land the files that are new or changed; the others are left alone.

    Args:
        files: what to land; each belongs to one source.
        lake: the lake's directory; parts go to `request_logs/` and `quarantine/` under it.
        inventory: learns of the new versions in one transaction, at the end.

    Returns:
        The versions that landed, in name order; empty where nothing had changed.

    Raises:
        MakegoodError: a file cannot be read, changed while it was read, or an adapter loses a line or is no valid SQL.
    """
    landed: list[tuple[LandedFile, list[Part]]] = []
    for source, members in _by_source(files):
        fresh = [file for file in members if _is_fresh(file, inventory)]
        if fresh:
            landed.extend(_land_source(source, fresh, lake, inventory))
    inventory.replace(landed)
    return sorted((file for file, _ in landed), key=lambda file: file.landing_file)


def adapter_version(adapter: Path) -> str:
    """A short digest of everything that decides how a record of this format is read."""
    texts = [adapter.read_bytes(), (HERE / "macros.sql").read_bytes(), (HERE / "land.sql").read_bytes()]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]


def _by_source(files: list[LandingFile]) -> list[tuple[Source, list[LandingFile]]]:
    grouped: dict[Source, list[LandingFile]] = {}
    for file in files:
        grouped.setdefault(file.source, []).append(file)
    return list(grouped.items())


def _is_fresh(file: LandingFile, inventory: Inventory) -> bool:
    known = inventory.file(file.name)
    if known is None:
        return True
    same_bytes = (known.size_bytes, known.modified_ns) == (file.size_bytes, file.modified_ns)
    return not (same_bytes and known.version == _version(file, known.content_digest))


def _version(file: LandingFile, digest: str) -> str:
    identity = f"{file.source.name}|{adapter_version(file.source.adapter)}|{digest}"
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def _land_source(
    source: Source, files: list[LandingFile], lake: Path, inventory: Inventory
) -> list[tuple[LandedFile, list[Part]]]:
    pending = [_Pending(file, RecordFile(file.path), _attempt(file)) for file in files]
    land_sql = (HERE / "land.sql").read_text().replace("{adapter}", source.adapter.read_text())
    with connect(spill=lake / ".spill") as con, ThreadPoolExecutor(WORKERS) as pool:
        con.execute("set preserve_insertion_order = false")
        writing: list[Future[None]] = []
        for group in _groups(pending):
            writing.append(pool.submit(_write_group, con, land_sql, group, lake))
            while len(writing) > WORKERS:
                writing.pop(0).result()
        for future in writing:
            future.result()
    landed = (_landed(member, inventory) for member in pending)
    return [version for version in landed if version is not None]


def _attempt(file: LandingFile) -> str:
    """A name for the parts of this file as it is now, before its digest is known."""
    identity = f"{file.source.name}|{file.name}|{file.size_bytes}|{file.modified_ns}|{adapter_version(file.source.adapter)}"
    return hashlib.sha256(identity.encode()).hexdigest()[:20]


def _groups(pending: list[_Pending]) -> Iterator[_Group]:
    members: list[_Pending] = []
    chunks: list[tuple[int, Chunk]] = []
    size = number = 0
    for member in pending:
        members.append(member)
        try:
            for chunk in member.reading.chunks():
                chunks.append((len(members) - 1, chunk))
                size += len(chunk.text)
                if size >= GROUP_BYTES:
                    yield _Group(number, members, chunks)
                    number, members, chunks, size = number + 1, [member], [], 0
        except OSError as error:
            raise MakegoodError(f"cannot read {member.file.name}: {error.strerror or error}") from error
    if chunks:
        yield _Group(number, members, chunks)


def _write_group(con: duckdb.DuckDBPyConnection, land_sql: str, group: _Group, lake: Path) -> None:
    cursor = con.cursor()
    cursor.execute("set timezone = 'UTC'")
    cursor.execute((HERE / "macros.sql").read_text())
    files = pd.DataFrame(
        {
            "file_index": range(len(group.members)),
            "source": [member.file.source.name for member in group.members],
            "landing_file": [member.file.name for member in group.members],
            "landed_hour": [pd.Timestamp(member.file.landed_hour) for member in group.members],
            "earliest_at": pd.Timestamp(EARLIEST),
            "largest_count": LARGEST_COUNT,
        }
    )
    chunks = pd.DataFrame(
        {
            "file_index": [index for index, _ in group.chunks],
            "first_line": [chunk.first_line for _, chunk in group.chunks],
            "content": pd.Series([chunk.text for _, chunk in group.chunks], dtype=object),
            "last_line": [chunk.first_line + chunk.lines - 1 for _, chunk in group.chunks],
            "last_line_fault": pd.Series([chunk.fault for _, chunk in group.chunks], dtype=object),
            "is_reencoded": [chunk.is_reencoded for _, chunk in group.chunks],
        }
    )
    cursor.register("files", files)
    cursor.register("chunks", chunks)
    source = group.members[0].file.source
    try:
        cursor.execute(land_sql)
    except duckdb.Error as error:
        raise MakegoodError(f"the adapter {source.adapter.stem} failed on {group.members[0].file.name}: {error}") from error
    _check_no_line_is_lost(cursor, group)
    _write_quarantine(cursor, group, lake)
    _write_parts(cursor, group, lake)


def _check_no_line_is_lost(cursor: duckdb.DuckDBPyConnection, group: _Group) -> None:
    read = sum(chunk.lines for _, chunk in group.chunks)
    row = cursor.execute("select count(distinct (landing_file, landing_line)) from landed_rows").fetchone()
    adapted = row[0] if row else 0
    if adapted != read:
        adapter = group.members[0].file.source.adapter
        raise MakegoodError(
            f"the adapter {adapter.name} returned {adapted} of {read} lines of {group.members[0].file.name}: "
            "it must return one row or more for each record, also where the record is null"
        )


def _part_name(group: _Group) -> str:
    first, last = group.members[0], group.members[-1]
    bundle = hashlib.sha256("|".join(member.attempt for member in group.members).encode()).hexdigest()[:20]
    return f"{first.attempt if first is last else bundle}-{group.number}"


def _write_parts(cursor: duckdb.DuckDBPyConnection, group: _Group, lake: Path) -> None:
    name = _part_name(group)
    written = cursor.execute(
        f"copy (select {columns_sql()}, request_date, request_hour from landed_rows where fault is null)"
        f" to '{sql_text(lake / 'request_logs')}' (format parquet, parquet_version v2, partition_by (request_date, request_hour),"
        f" filename_pattern '{name}-{{i}}', overwrite_or_ignore, return_files)"
    ).fetchone()
    parts = list(written[1]) if written and written[0] else []
    _count(cursor, group, "landed", "fault is null")
    if not parts:
        return
    rows = cursor.execute(
        "select filename, landing_file, date_trunc('hour', requested_at), count(*)"
        " from read_parquet($parts, filename = true, hive_partitioning = false) group by all",
        {"parts": parts},
    ).fetchall()
    members = {member.file.name: member for member in group.members}
    for part, landing_file, hour, count in rows:
        members[landing_file].parts.append((str(Path(part).relative_to(lake)), hour, count))


def _write_quarantine(cursor: duckdb.DuckDBPyConnection, group: _Group, lake: Path) -> None:
    ignored = ", ".join(f"'{reason}'" for reason in IGNORED)
    _count(cursor, group, "ignored", f"fault in ({ignored})")
    if not _count(cursor, group, "quarantined", f"fault is not null and fault not in ({ignored})"):
        return
    directory = lake / "quarantine" / f"landed_date={group.members[0].file.landed_hour:%Y-%m-%d}"
    directory.mkdir(parents=True, exist_ok=True)
    cursor.execute(
        f"""
        copy (
            select source, landing_file, landing_line, landed_hour, fault as reason, redacted(without_content(left(raw, 65536))) as raw_text
            from landed_rows
            inner join (
                select file_index, first_line + generate_subscripts(texts, 1) - 1 as landing_line, unnest(texts) as raw
                from (select *, string_split(content, chr(10)) as texts from chunks)
            ) as lines using (landing_line)
            inner join files using (file_index, source, landing_file, landed_hour)
            where fault is not null and fault not in ({ignored})
            order by landing_file, landing_line
        ) to '{sql_text(directory / _part_name(group))}.parquet' (format parquet)
        """
    )


def _count(cursor: duckdb.DuckDBPyConnection, group: _Group, name: str, condition: str) -> int:
    """Add the rows that meet the condition to each file's count of that name; how many there were in all."""
    members = {member.file.name: member for member in group.members}
    rows = cursor.execute(f"select landing_file, count(*) from landed_rows where {condition} group by landing_file").fetchall()
    for landing_file, count in rows:
        members[landing_file].counts[name] += count
    return sum(count for _, count in rows)


def _landed(member: _Pending, inventory: Inventory) -> tuple[LandedFile, list[Part]] | None:
    """The version to record, or None where the content turned out to be what had landed already."""
    file = member.file
    status = file.path.stat()
    if (status.st_size, status.st_mtime_ns) != (file.size_bytes, file.modified_ns):
        raise MakegoodError(f"{file.name} changed while it was read: run the hour again when the gateway has finished writing it")
    version = _version(file, member.reading.digest)
    known = inventory.file(file.name)
    if known is not None and known.version == version:
        inventory.touch(file.name, file.modified_ns)
        return None
    counts = member.counts
    landed = LandedFile(
        landing_file=file.name,
        source=file.source.name,
        adapter=file.source.adapter.stem,
        landed_hour=known.landed_hour if known else file.landed_hour,
        size_bytes=file.size_bytes,
        modified_ns=file.modified_ns,
        content_digest=member.reading.digest,
        version=version,
        records_read=sum(counts.values()),
        landed_count=counts["landed"],
        ignored_count=counts["ignored"],
        quarantined_count=counts["quarantined"],
    )
    parts = [Part(name, file.name, version, hour, count) for name, hour, count in member.parts]
    return landed, parts
