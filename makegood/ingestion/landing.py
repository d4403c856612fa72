"""Lands files: every record of a landing file becomes a row of the lake, a quarantined line, or an ignored one, and is counted.

A group of chunks (a piece of one large file, or many small files of one landing hour) is written together, a part for each
request hour. The inventory learns of the parts in one transaction when all are written, so that a crash leaves those that were
current before. What a record means is its adapter's; which files there are is sources.py's.
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from queue import SimpleQueue

import duckdb
import numpy as np
import pandas as pd

from makegood.errors import MakegoodError
from makegood.hours import FIRST_HOUR
from makegood.ingestion import assessments, lines, redacting, words
from makegood.ingestion.canonical import columns_sql
from makegood.ingestion.finding import LandingFile
from makegood.ingestion.inventory import AssessmentPart, Inventory, LandedFile, Part, RefusedFile
from makegood.ingestion.records import Chunk, RecordFile
from makegood.ingestion.sources import Source
from makegood.ingestion.texts.keeping import Rules
from makegood.storage.connections import connect, sql_text

HERE = Path(__file__).parent
MACROS = ("macros.sql", "answers.sql")
READING = (
    *MACROS, "redaction.sql", "redacting.py", "shapes.sql", "records.sql", "visible.sql", "land.sql", "redact.sql", "quarantine.sql",
    "records.py", "characters.py", "lines.py", "tabular_files.py", "unpacking.py",
    *sorted(f"texts/{file.name}" for file in (HERE / "texts").iterdir() if file.suffix in (".py", ".csv", ".tsv")),
)  # fmt: skip
"""What decides, beside the adapter, how a record is read."""
GROUP_BYTES = 64 << 20
SMALL_GROUP_BYTES = 8 << 20
WORKERS = 2
MOST_TOKENS = 100_000_000
"""More, in any count of one request, is a broken counter: no context is near it. Tokens times a price, and their sums, stay in their types."""
LONGEST_MS = 30 * 24 * 60 * 60 * 1000
"""30 days: a call that takes longer is a broken clock. Sums of milliseconds stay far within 64 bits."""
LARGEST_COST_USD = 10**6
"""One request never costs this much; DECIMAL(18,12) ends here."""
IGNORED = ("blank_line", "not_a_request")
DATA_ERRORS = (
    duckdb.DataError,
    duckdb.InvalidInputException,
    duckdb.NotSupportedError,
    RecursionError,
    ValueError,
    OverflowError,
)
"""What comes of a value that a reading cannot cope with. None is to let it come so far; where one does, it costs that line."""
MOST_TRIES = 2_000
"""How often parts of a group are tried to find the lines that the engine cannot cope with; what is left then is set aside whole."""

Sessions = SimpleQueue[duckdb.DuckDBPyConnection]


@dataclass
class _Pending:
    """A file on its way in, and what is known of it so far."""

    file: LandingFile
    landed_hour: datetime
    version: int
    reading: RecordFile
    counts: dict[str, int] = field(default_factory=lambda: {"landed": 0, "ignored": 0, "quarantined": 0})
    replaced_count: int = 0
    parts: list[Part] = field(default_factory=list)
    assessment_parts: list[AssessmentPart] = field(default_factory=list)
    refusal: str | None = None


@dataclass(frozen=True)
class _Group:
    """Chunks that are written together; a chunk comes with the index of its file in `members`."""

    name: str
    members: list[_Pending]
    chunks: list[tuple[int, Chunk]]

    @property
    def source(self) -> Source:
        """Whose files these are."""
        return self.members[0].file.source


def land(files: list[LandingFile], lake: Path, inventory: Inventory) -> list[LandedFile]:
    """Land the files that are new or changed; the others are left alone.

    Args:
        files: what to land; each belongs to one source.
        lake: the lake's directory; parts go to `request_logs/`, `content_assessments/` and `quarantine/` under it.
        inventory: learns of the new versions in one transaction, at the end.

    Returns:
        The versions that landed, in name order; empty where nothing had changed.

    Raises:
        MakegoodError: an adapter loses a line or is no valid SQL.
    """
    landed: list[tuple[LandedFile, list[Part], list[AssessmentPart]]] = []
    refused: list[tuple[RefusedFile, list[Part], list[AssessmentPart]]] = [
        (_refused(file, file.refusal), [], []) for file in files if file.refusal
    ]
    with connect(extensions=()) as con, ThreadPoolExecutor(WORKERS) as pool:
        con.execute("set threads = 1")
        con.execute("set temp_directory = ''")
        # What one group used is kept for the next one, and not given back in between.
        con.execute("set allocator_flush_threshold = '8GiB'")
        # How many lines there are is not known before they are scanned: joins run as they are written, the small side on the right.
        con.execute("set disabled_optimizers = 'join_order,build_side_probe_side,common_subplan'")
        sessions = _sessions(con)
        sound = sorted((file for file in files if not file.refusal), key=_place)
        for source, members in groupby(sound, key=lambda file: file.source):
            version = adapter_version(source)
            pending = [member for file in members if (member := _pending(file, version, inventory))]
            _write(sessions, pool, source, [member for member in pending if not member.refusal], lake)
            for member in pending:
                if refusal := member.refusal or _change(member.file):
                    refused.append((_refused(member.file, refusal), member.parts, member.assessment_parts))
                else:
                    landed.append((_landed(member, version), member.parts, member.assessment_parts))
    inventory.replace(landed, refused, (file.name for file in files))
    return sorted((file for file, *_ in landed), key=lambda file: file.landing_file)


def adapter_version(source: Source) -> str:
    """A short digest of everything that decides how a record of this feed is read."""
    detecting = [HERE / "detectors.sql", source.responses] if source.responses else []
    files = [source.adapter, *(HERE / name for name in READING), *words.files(), *detecting]
    kept = "\n".join(source.keep).encode()
    return hashlib.sha256(b"\0".join([*(file.read_bytes() for file in files), kept])).hexdigest()[:12]


def _place(file: LandingFile) -> tuple[str, str, str, datetime, str]:
    return file.source.name, file.source.adapter.name, file.source.files, file.landed_hour, file.name


def _refused(file: LandingFile, reason: str) -> RefusedFile:
    return RefusedFile(file.name, file.source.name, reason)


def _pending(file: LandingFile, version: str, inventory: Inventory) -> _Pending | None:
    """The file on its way in, also where it turns out that it cannot be read; None where it landed before as it is."""
    known = inventory.file(file.name)
    landed_hour = known.landed_hour if known else file.landed_hour
    pending = _Pending(file, landed_hour, inventory.next_version(file.name), RecordFile(file.path))
    if known is None or (known.source, known.adapter_version) != (file.source.name, version):
        return pending
    if not inventory.is_whole(file.name):
        return pending
    if (known.size_bytes, known.modified_ns) == (file.size_bytes, file.modified_ns):
        return None
    try:
        is_known = known.size_bytes == file.size_bytes and known.content_digest == _digest(file)
    except OSError as error:
        pending.refusal = _unreadable(error)
        return pending
    if is_known:
        inventory.touch(file.name, file.modified_ns)
        return None
    return pending


def _digest(file: LandingFile) -> str:
    with file.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _unreadable(error: OSError) -> str:
    return f"cannot be read: {error.strerror or error}"


def _change(file: LandingFile) -> str | None:
    """What happened to the file since it was found, where that makes its rows unsure."""
    try:
        status = file.path.stat()
    except OSError as error:
        return _unreadable(error)
    if (status.st_size, status.st_mtime_ns) != (file.size_bytes, file.modified_ns):
        return "changed while it was read: it lands when the gateway has finished writing it"
    return None


def _sessions(con: duckdb.DuckDBPyConnection) -> Sessions:
    """A session for each worker, with the macros: reading them takes longer than landing a small file. Nothing of theirs goes to disk."""
    sessions: Sessions = SimpleQueue()
    con.execute((HERE / "macros.sql").read_text())
    words.load(con)
    for _ in range(WORKERS):
        session = con.cursor()
        session.execute("set timezone = 'UTC'")
        for name in MACROS:
            session.execute((HERE / name).read_text())
        session.execute("create temp table shapes (shape ubigint, keys varchar[])")
        session.execute(redacting.macros_sql())
        sessions.put(session)
    return sessions


def _write(sessions: Sessions, pool: ThreadPoolExecutor, source: Source, pending: list[_Pending], lake: Path) -> None:
    if source.holds_assessments:
        plain_sql = escaped_sql = source.adapter.read_text()
    else:
        adapted = f"(\n{source.adapter.read_text()}\n)"
        land_sql = (HERE / "land.sql").read_text()
        plain_sql = land_sql.replace("{adapted}", f"select *, false as has_controls from {adapted}")
        escaped_sql = land_sql.replace("{adapted}", (HERE / "visible.sql").read_text().replace("{adapted}", adapted))
    rules = Rules(source.adapter.stem, source.keep)
    writing: list[Future[None]] = []
    try:
        for _, members in groupby(pending, key=lambda member: member.file.landed_hour):
            for group in _groups(list(members)):
                if len(writing) == WORKERS:
                    writing.pop(0).result()
                land_sql = escaped_sql if any(b"\\" in chunk.lines for _, chunk in group.chunks) else plain_sql
                writing.append(pool.submit(_write_group, sessions, land_sql, group, rules, lake))
    finally:
        for future in writing:
            future.result()


def _groups(pending: list[_Pending]) -> Iterator[_Group]:
    members: list[_Pending] = []
    chunks: list[tuple[int, Chunk]] = []
    packed = sum(member.file.size_bytes for member in pending)
    size = given = read = piece = 0
    for member in pending:
        members.append(member)
        try:
            for chunk in member.reading.chunks():
                chunks.append((len(members) - 1, chunk))
                size += len(chunk.lines)
                so_far = read + member.reading.packed_bytes
                if size >= _group_bytes(piece, (given + size) * (packed - so_far) // max(so_far, 1)):
                    yield _Group(_group_name(members, piece), members, chunks)
                    given += size
                    piece, members, chunks, size = piece + 1, [member], [], 0
        except OSError as error:
            # What was read of it stays in its group, and is left out whenever that is read.
            member.refusal = _unreadable(error)
        read += member.reading.packed_bytes
    if chunks:
        yield _Group(_group_name(members, piece), members, chunks)


def _group_bytes(piece: int, left: int) -> int:
    """How much makes a group. The first ones are small, so that no worker waits for long; the last ones too, so that all end together.

    Args:
        piece: how many groups came before.
        left: about how many bytes come after.
    """
    return max(SMALL_GROUP_BYTES, min(GROUP_BYTES, SMALL_GROUP_BYTES << min(piece, 8), left // WORKERS))


def _group_name(members: list[_Pending], piece: int) -> str:
    """A name that says which versions of which files it holds: the same ones give the same name."""
    identity = "|".join(f"{member.file.source.name}/{member.file.name}/{member.version}" for member in members)
    return f"{hashlib.sha256(identity.encode()).hexdigest()[:20]}-v{members[0].version}-{piece}"


def _write_group(sessions: Sessions, land_sql: str, group: _Group, rules: Rules, lake: Path) -> None:
    session = sessions.get()
    try:
        try:
            _transform(session, land_sql, group, rules)
        except DATA_ERRORS:
            group = _without_unreadable(session, land_sql, group, rules)
            _transform(session, land_sql, group, rules)
        _check_no_line_is_lost(session, group)
        _count_replaced(session, group)
        _write_quarantine(session, group, lake)
        if group.source.holds_assessments:
            _write_verdicts(session, group, lake)
        else:
            _write_parts(session, group, lake)
        if group.source.responses:
            _write_findings(session, group, lake)
    finally:
        session.execute("drop table if exists landed_rows")
        session.unregister("lines")
        sessions.put(session)


def _transform(session: duckdb.DuckDBPyConnection, land_sql: str, group: _Group, rules: Rules) -> None:
    """Make `landed_rows`, `quarantined` and, where answers are judged, `findings`, beside the `lines` that they come from.

    Raises:
        MakegoodError: the adapter is no valid SQL.
        DATA_ERRORS: a line holds what a reading cannot cope with.
    """
    session.register("files", _files(group))
    session.register("lines", lines.rows(group.chunks))
    session.execute((HERE / "shapes.sql").read_text())
    session.execute((HERE / "records.sql").read_text())
    try:
        session.execute(land_sql)
    except DATA_ERRORS:
        raise
    except duckdb.Error as error:
        reason = redacting.reason_of(error)
        first = group.members[0].file
        raise MakegoodError(f"the adapter {group.source.adapter.name} failed on {first.name}: {reason}") from error
    if group.source.holds_assessments:
        redacting.redact_verdicts(session)
    else:
        redacting.redact_logs(session, rules)
    if session.execute(f"select 1 from landed_rows where {_is_quarantined()} limit 1").fetchone():
        session.register("quarantined_lines", redacting.quarantined(session, _ignored(), rules))
        session.execute((HERE / "quarantine.sql").read_text().replace("{ignored}", _ignored()))
        session.unregister("quarantined_lines")
    if group.source.responses:
        session.execute((HERE / "detectors.sql").read_text().replace("{responses}", group.source.responses.read_text()))


def _without_unreadable(session: duckdb.DuckDBPyConnection, land_sql: str, group: _Group, rules: Rules) -> _Group:
    """The group, with a fault on each line that a reading cannot cope with. They are found by halving, so that all others land."""
    waiting, guilty, tries = [group.chunks], set[tuple[int, int]](), 0
    while waiting:
        chunks = waiting.pop()
        count = sum(chunk.count for _, chunk in chunks)
        tries += 1
        try:
            if tries <= MOST_TRIES:
                _transform(session, land_sql, replace(group, chunks=chunks), rules)
                continue
        except DATA_ERRORS:
            pass
        if count == 1 or tries > MOST_TRIES:
            guilty.update((index, chunk.first_line + row) for index, chunk in chunks for row in range(chunk.count))
        else:
            waiting.extend(_halves(chunks, count // 2))
    marked = [
        (index, chunk.with_faults({line: "unreadable" for at, line in guilty if at == index}))
        for index, chunk in group.chunks
    ]
    return replace(group, chunks=marked)


def _halves(chunks: list[tuple[int, Chunk]], first: int) -> list[list[tuple[int, Chunk]]]:
    """The first so many lines, and the others."""
    before: list[tuple[int, Chunk]] = []
    after: list[tuple[int, Chunk]] = []
    for index, chunk in chunks:
        here = min(first, chunk.count)
        first -= here
        if here:
            before.append((index, chunk.part(0, here)))
        if here < chunk.count:
            after.append((index, chunk.part(here, chunk.count)))
    return [before, after]


def _ignored() -> str:
    return ", ".join(f"'{reason}'" for reason in IGNORED)


def _is_quarantined() -> str:
    return f"fault is not null and fault not in ({_ignored()})"


def _files(group: _Group) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "file_index": np.arange(len(group.members)),
            "source": [member.file.source.name for member in group.members],
            "landing_file": [member.file.name for member in group.members],
            "version": [member.version for member in group.members],
            "landed_hour": [pd.Timestamp(member.landed_hour) for member in group.members],
            "earliest_at": pd.Timestamp(FIRST_HOUR),
            "latest_at": [pd.Timestamp(member.file.latest_at) for member in group.members],
            "most_tokens": MOST_TOKENS,
            "longest_ms": LONGEST_MS,
            "largest_cost_usd": LARGEST_COST_USD,
        }
    )


def _check_no_line_is_lost(session: duckdb.DuckDBPyConnection, group: _Group) -> None:
    read = sum(chunk.count for _, chunk in group.chunks)
    row = session.execute("select count(distinct (file_index, landing_line)) from landed_rows").fetchone()
    adapted = row[0] if row else 0
    if adapted != read:
        first = group.members[0].file
        raise MakegoodError(
            f"the adapter {first.source.adapter.name} returned {adapted} of {read} records of {first.name}: "
            "it must return one row or more for each, also where the record is null"
        )


def _count_replaced(session: duckdb.DuckDBPyConnection, group: _Group) -> None:
    """Add to each file's count the records in which characters were replaced, in their raw text or in texts decoded from it."""
    found = {(index, line) for index, chunk in group.chunks for line in chunk.replaced}
    found.update(session.execute("select file_index, landing_line from landed_rows where has_controls").fetchall())
    for index, _ in found:
        group.members[index].replaced_count += 1


def _write_parts(session: duckdb.DuckDBPyConnection, group: _Group, lake: Path) -> None:
    counts = session.execute(
        "select request_hour, file_index, count(*) from landed_rows where fault is null group by all order by all"
    ).fetchall()
    for hour, rows in groupby(counts, key=lambda row: row[0]):
        part = Path("request_logs", f"request_date={hour:%Y-%m-%d}", f"request_hour={hour:%H}", f"{group.name}.parquet")
        _copy(
            session,
            f"select {columns_sql()} from landed_rows where fault is null and request_hour = timestamp '{hour}'",
            lake / part,
        )
        for _, index, count in rows:
            group.members[index].counts["landed"] += count
            member = group.members[index]
            member.parts.append(Part(str(part), member.file.name, member.version, hour, count))


def _write_findings(session: duckdb.DuckDBPyConnection, group: _Group, lake: Path) -> None:
    """What the built-in detectors found wrong with the answers in these records, as verdicts of their requests' hours."""
    counts = session.execute(
        "select request_hour, file_index, count(*) from findings group by all order by all"
    ).fetchall()
    for hour, rows in groupby(counts, key=lambda row: row[0]):
        partition = Path(f"request_date={hour:%Y-%m-%d}", f"request_hour={hour:%H}")
        part = Path("content_assessments", partition, f"{group.name}.parquet")
        _copy(
            session,
            f"select {columns_sql(assessments.COLUMNS)} from findings where request_hour = timestamp '{hour}'"
            " order by landing_file, landing_line, detector",
            lake / part,
        )
        for _, index, count in rows:
            member = group.members[index]
            member.assessment_parts.append(AssessmentPart(str(part), member.file.name, member.version, hour, count))


def _copy(session: duckdb.DuckDBPyConnection, select: str, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    session.execute(
        f"copy ({select}) to '{sql_text(file)}' (format parquet, parquet_version v2, dictionary_size_limit 4096)"
    )


def _write_verdicts(session: duckdb.DuckDBPyConnection, group: _Group, lake: Path) -> None:
    """Verdicts only arrive here: which hour their requests are of is looked up when all logs have landed (see placing.py)."""
    counts = session.execute(
        "select file_index, count(*) from landed_rows where fault is null group by all order by all"
    ).fetchall()
    if not counts:
        return
    landed_date = f"landed_date={group.members[0].landed_hour:%Y-%m-%d}"
    part = Path("content_assessments", "arrived", landed_date, f"{group.name}.parquet")
    _copy(
        session,
        f"select {columns_sql(assessments.COLUMNS)} from landed_rows where fault is null order by landing_file, landing_line",
        lake / part,
    )
    for index, count in counts:
        member = group.members[index]
        member.counts["landed"] += count
        member.assessment_parts.append(AssessmentPart(str(part), member.file.name, member.version, None, count))


def _write_quarantine(session: duckdb.DuckDBPyConnection, group: _Group, lake: Path) -> None:
    _count(session, group, "ignored", f"fault in ({_ignored()})")
    if not _count(session, group, "quarantined", _is_quarantined()):
        return
    directory = lake / "quarantine" / f"landed_date={group.members[0].landed_hour:%Y-%m-%d}"
    _copy(session, "from quarantined", directory / f"{group.name}.parquet")


def _count(session: duckdb.DuckDBPyConnection, group: _Group, name: str, condition: str) -> int:
    """Add the rows that meet the condition to each file's count of that name; how many there were in all."""
    rows = session.execute(
        f"select file_index, count(*) from landed_rows where {condition} group by file_index"
    ).fetchall()
    for index, count in rows:
        group.members[index].counts[name] += count
    return sum(count for _, count in rows)


def _landed(member: _Pending, adapter_version: str) -> LandedFile:
    file = member.file
    return LandedFile(
        landing_file=file.name,
        source=file.source.name,
        adapter=file.source.adapter.stem,
        adapter_version=adapter_version,
        landed_hour=member.landed_hour,
        found_hour=file.landed_hour,
        size_bytes=file.size_bytes,
        modified_ns=file.modified_ns,
        content_digest=member.reading.digest,
        version=member.version,
        records_read=sum(member.counts.values()),
        landed_count=member.counts["landed"],
        ignored_count=member.counts["ignored"],
        quarantined_count=member.counts["quarantined"],
        replaced_count=member.replaced_count,
    )
