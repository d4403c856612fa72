"""Lands files: every record of a landing file becomes a row of the lake, a quarantined line, or an ignored one, and is counted.

A group of chunks (a piece of one large file, or many small files of one landing day) is written together, a part for each
request hour. The inventory learns of the parts in one transaction when all are written, so that a crash leaves those that were
current before. What a record means is its adapter's; which files there are is sources.py's.
"""

import hashlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import groupby
from pathlib import Path
from queue import SimpleQueue

import duckdb

from makegood.errors import MakegoodError
from makegood.ingestion import redacting, words
from makegood.ingestion.finding import LandingFile
from makegood.ingestion.groups import WORKERS, Group, PendingFile, groups, unreadable
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.inventory_records import AssessmentPart, LandedFile, Part, RefusedFile
from makegood.ingestion.lake_writing import write_findings, write_parts, write_quarantine, write_verdicts
from makegood.ingestion.records import RecordFile
from makegood.ingestion.sources import Source
from makegood.ingestion.texts.keeping import Rules
from makegood.ingestion.transforming import DATA_ERRORS, transform, without_unreadable
from makegood.storage.connections import connect
from makegood.storage.memory import run_bytes
from makegood.storage.queries import only_row

HERE = Path(__file__).parent
MACROS = ("macros.sql", "answers.sql")
READING = (
    *MACROS, "redaction.sql", "redacting.py", "shapes.sql", "records.sql", "visible.sql", "land.sql", "redact.sql", "quarantine.sql", "sql/faulty_lines.sql",
    "records.py", "transforming.py", "json_documents.py", "characters.py", "lines.py", "tabular_files.py", "unpacking.py",
    *sorted(f"texts/{file.name}" for file in (HERE / "texts").iterdir() if file.suffix in (".py", ".csv", ".tsv")),
)  # fmt: skip
"""What decides, beside the adapter, how a record is read."""
Sessions = SimpleQueue[duckdb.DuckDBPyConnection]


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
        # The size of the groups bounds what they use. Because nothing can be spilled, the whole run's memory is the limit.
        con.execute(f"set memory_limit = '{run_bytes()}B'")
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


def has_landed(files: Iterable[LandingFile], inventory: Inventory) -> bool:
    """Whether all of these files have landed as they are, so that landing them again would change nothing."""
    versions: dict[Source, str] = {}
    for file in files:
        if file.source not in versions:
            versions[file.source] = adapter_version(file.source)
        if file.refusal or _pending(file, versions[file.source], inventory):
            return False
    return True


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


def _pending(file: LandingFile, version: str, inventory: Inventory) -> PendingFile | None:
    """The file on its way in, also where it turns out that it cannot be read; None where it landed before as it is."""
    known = inventory.file(file.name)
    landed_hour = known.landed_hour if known else file.landed_hour
    pending = PendingFile(file, landed_hour, inventory.next_version(file.name), RecordFile(file.path))
    if known is None or (known.source, known.adapter_version) != (file.source.name, version):
        return pending
    if not inventory.seals.is_whole(file.name):
        return pending
    if (known.size_bytes, known.modified_ns) == (file.size_bytes, file.modified_ns):
        return None
    try:
        is_known = known.size_bytes == file.size_bytes and known.content_digest == _digest(file)
    except OSError as error:
        pending.refusal = unreadable(error)
        return pending
    if is_known:
        inventory.touch(file.name, file.modified_ns)
        return None
    return pending


def _digest(file: LandingFile) -> str:
    with file.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _change(file: LandingFile) -> str | None:
    """What happened to the file since it was found, where that makes its rows unsure."""
    try:
        status = file.path.stat()
    except OSError as error:
        return unreadable(error)
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


def _write(
    sessions: Sessions, pool: ThreadPoolExecutor, source: Source, pending: list[PendingFile], lake: Path
) -> None:
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
        for _, members in groupby(pending, key=lambda member: member.landed_hour.date()):
            for group in groups(list(members)):
                if len(writing) == WORKERS:
                    writing.pop(0).result()
                land_sql = escaped_sql if any(b"\\" in chunk.lines for _, chunk in group.chunks) else plain_sql
                writing.append(pool.submit(_write_group, sessions, land_sql, group, rules, lake))
    finally:
        for future in writing:
            future.result()


def _write_group(sessions: Sessions, land_sql: str, group: Group, rules: Rules, lake: Path) -> None:
    session = sessions.get()
    try:
        try:
            transform(session, land_sql, group, rules)
        except DATA_ERRORS:
            group = without_unreadable(session, land_sql, group, rules)
            transform(session, land_sql, group, rules)
        _check_no_line_is_lost(session, group)
        _count_replaced(session, group)
        write_quarantine(session, group, lake)
        if group.source.holds_assessments:
            write_verdicts(session, group, lake)
        else:
            write_parts(session, group, lake)
        if group.source.responses:
            write_findings(session, group, lake)
    finally:
        session.execute("drop table if exists landed_rows")
        session.unregister("lines")
        sessions.put(session)


def _check_no_line_is_lost(session: duckdb.DuckDBPyConnection, group: Group) -> None:
    read = sum(chunk.count for _, chunk in group.chunks)
    (adapted,) = only_row(session.execute("select count(distinct (file_index, landing_line)) from landed_rows"))
    if adapted != read:
        first = group.members[0].file
        raise MakegoodError(
            f"the adapter {first.source.adapter.name} returned {adapted} of {read} records of {first.name}: "
            "it must return one row or more for each, also where the record is null"
        )


def _count_replaced(session: duckdb.DuckDBPyConnection, group: Group) -> None:
    """Add to each file's count the records in which characters were replaced, in their raw text or in texts decoded from it."""
    found = {(index, line) for index, chunk in group.chunks for line in chunk.replaced}
    found.update(session.execute("select file_index, landing_line from landed_rows where has_controls").fetchall())
    for index, _ in found:
        group.members[index].replaced_count += 1


def _landed(member: PendingFile, adapter_version: str) -> LandedFile:
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
