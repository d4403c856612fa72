"""Writes what a session made of a group into the lake: Parquet parts by request hour, and the quarantine. Each file's counts and parts are noted."""

from itertools import groupby
from pathlib import Path

import duckdb

from makegood.ingestion import assessments
from makegood.ingestion.canonical import columns_sql
from makegood.ingestion.groups import Group
from makegood.ingestion.inventory_records import AssessmentPart, Part
from makegood.ingestion.transforming import ignored, is_quarantined
from makegood.storage.connections import sql_text


def write_parts(session: duckdb.DuckDBPyConnection, group: Group, lake: Path) -> None:
    """What landed, as a part for each request hour."""
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


def write_findings(session: duckdb.DuckDBPyConnection, group: Group, lake: Path) -> None:
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


def write_verdicts(session: duckdb.DuckDBPyConnection, group: Group, lake: Path) -> None:
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


def write_quarantine(session: duckdb.DuckDBPyConnection, group: Group, lake: Path) -> None:
    """What was set aside, as one file; what was ignored is only counted."""
    _count(session, group, "ignored", f"fault in ({ignored()})")
    if not _count(session, group, "quarantined", is_quarantined()):
        return
    directory = lake / "quarantine" / f"landed_date={group.members[0].landed_hour:%Y-%m-%d}"
    _copy(session, "from quarantined", directory / f"{group.name}.parquet")


def _count(session: duckdb.DuckDBPyConnection, group: Group, name: str, condition: str) -> int:
    """Add the rows that meet the condition to each file's count of that name; how many there were in all."""
    rows = session.execute(
        f"select file_index, count(*) from landed_rows where {condition} group by file_index"
    ).fetchall()
    for index, count in rows:
        group.members[index].counts[name] += count
    return sum(count for _, count in rows)
