"""Matches verdicts to requests: each verdict moves to the hour of the request that it judges. Landing reads the verdicts.

A verdict names a request by source and id, and possibly by account. It refers to the latest such request that began in the 30 days before
it, or within 7 days of its hint, `requested_at`. Several accounts may use the same request id. A verdict without an account then refers to
the request that began exactly at its hint, else to one request of each account, so that nobody can keep a verdict from another account by
reusing its id. A verdict whose request has not landed waits, and is looked up again whenever request logs land, for up to 30 days.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import duckdb
import pandas as pd

from makegood.home import lake_spill_directory
from makegood.hours import HOUR
from makegood.ingestion.assessments import COLUMNS
from makegood.ingestion.canonical import columns_sql
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.inventory_records import AssessmentPart, LandedFile
from makegood.ingestion.lake_parts import MERGE_REACH, current_rows, paths
from makegood.ingestion.sources import ASSESSMENTS
from makegood.storage.connections import connect, sql_list, sql_text
from makegood.storage.queries import only_row, sql_beside

PATIENCE = timedelta(days=30)
"""How long before its verdict a request may have begun, and how long a verdict waits for its request to land."""
CLOCKS = timedelta(days=1)
"""How long after its verdict a request may have begun, to allow for clock differences."""
HINT_REACH = timedelta(days=7)
"""How far the hint may be off, if the request began further back than `PATIENCE`."""
ARRIVED = Path("content_assessments", "arrived")
"""Where landing puts verdicts, by landing day."""
WAITING = Path("content_assessments", "waiting")
"""Verdicts that were looked up but whose request was not found, by landing day."""

DAYS = {"patience": PATIENCE.days, "clocks": CLOCKS.days, "hint_reach": HINT_REACH.days}
"""The reaches as the queries name them, in days."""

IDENTITY = "landing_file, landing_line, source, request_id, detector"


def place(landing_hours: Iterable[datetime], lake: Path, inventory: Inventory) -> None:
    """Look up the requests of newly arrived verdicts in all parts, and those of waiting verdicts in the logs that landed in these hours.

    Verdicts whose request is found move to its hour; the others wait. Idempotent, also after a crash.

    Args:
        landing_hours: hours whose files have landed.
        lake: the lake's directory.
        inventory: records the parts; each move is one transaction in it.
    """
    arrived = {_landed_date(part) for part in inventory.unplaced_parts() if _has_arrived(part)}
    for date in sorted(arrived):
        of_date = [part for part in inventory.unplaced_parts() if _landed_date(part) == date]
        _place(of_date, lake, inventory)
    logs = [file for file in inventory.files_of_hours(landing_hours) if file.adapter != ASSESSMENTS.stem]
    for day, files in groupby(sorted(logs, key=_landed_day), key=_landed_day):
        delivered = {part.lake_part for part in inventory.parts_of_files(file.landing_file for file in files)}
        first = (day - PATIENCE).date().isoformat()
        waiting = [part for part in inventory.unplaced_parts() if _landed_date(part) >= first]
        if waiting and delivered:
            _place(waiting, lake, inventory, delivered)


def copy_to_shared_hours(hours: Iterable[datetime], lake: Path, inventory: Inventory) -> None:
    """Copy verdicts to every one of these hours that has a delivery of their request, because any of them may become the request's hour."""
    spans = [(hour, hour + HOUR) for hour in hours]
    placed = [part for start, end in spans for part in inventory.assessment_parts(start, end)]
    delivered = [part.lake_part for start, end in spans for part in inventory.current_parts(start, end)]
    if len(spans) < 2 or not placed or not delivered:
        return
    with connect(extensions=(), spill=lake_spill_directory(lake)) as con:
        _read_verdicts(con, placed, lake)
        con.execute(
            sql_beside(__file__, "shared_hours").format(
                delivered=current_rows(delivered, lake, inventory), reach_hours=MERGE_REACH // HOUR
            )
        )
        copies = _write_found(con, lake, is_copy=True)
    inventory.move((), copies)


def unaccounted(landing_hours: Iterable[datetime], inventory: Inventory) -> list[str]:
    """One sentence per file that lost verdicts. It must hold: read = landed + ignored + quarantined, and landed = placed + waiting."""
    sentences: list[str] = []
    for file in inventory.files_of_hours(landing_hours):
        if file.adapter != ASSESSMENTS.stem:
            continue
        kept = sum(
            part.assessment_count
            for part in inventory.assessment_parts_of_files([file.landing_file])
            if part.version == file.version and not part.is_copy
        )
        if (
            file.records_read != file.landed_count + file.ignored_count + file.quarantined_count
            or kept != file.landed_count
        ):
            sentences.append(
                f"{file.landing_file}: {file.records_read} records read, {file.landed_count} landed, {file.ignored_count} ignored,"
                f" {file.quarantined_count} quarantined, {kept} placed or waiting"
            )
    return sentences


@dataclass(frozen=True)
class VerdictEquation:
    """Counts of all verdicts in the lake: landed = placed + waiting + given_up (the request did not land within 30 days)."""

    landed: int
    placed: int
    waiting: int
    given_up: int

    @property
    def holds(self) -> bool:
        """Whether every verdict is accounted for."""
        return self.landed == self.placed + self.waiting + self.given_up


def verdict_equation(inventory: Inventory, now: datetime) -> VerdictEquation:
    """Count where the verdicts are. Unplaced verdicts that landed in the 30 days up to `now` (naive UTC) are waiting."""
    landed, kept = inventory.verdict_totals(ASSESSMENTS.stem)
    unplaced = inventory.unplaced_parts()
    first = (now - PATIENCE).date().isoformat()
    waiting = sum(part.assessment_count for part in unplaced if _landed_date(part) >= first)
    given_up = sum(part.assessment_count for part in unplaced) - waiting
    return VerdictEquation(landed, kept - waiting - given_up, waiting, given_up)


def _landed_day(file: LandedFile) -> datetime:
    return file.landed_hour.replace(hour=0)


def _landed_date(part: AssessmentPart) -> str:
    """The day, such as 2026-11-01, on which the verdicts of an unplaced part landed."""
    return Path(part.lake_part).parent.name.removeprefix("landed_date=")


def _has_arrived(part: AssessmentPart) -> bool:
    """Whether the part is as landing wrote it, which means that its verdicts have not been looked up yet."""
    return Path(part.lake_part).is_relative_to(ARRIVED)


def _place(parts: list[AssessmentPart], lake: Path, inventory: Inventory, delivered: set[str] | None = None) -> None:
    """Move the verdicts whose request is found in the parts `delivered`, or without these in any likely part; the others wait."""
    with connect(extensions=(), spill=lake_spill_directory(lake)) as con:
        _read_verdicts(con, parts, lake)
        for lake_parts in [delivered] if delivered else _likely_parts(con, inventory):
            _search(con, lake_parts, lake, inventory)
        moved = _write_found(con, lake, is_copy=False)
        changed = {_landed_date(part) for part in parts if _has_arrived(part)}
        changed |= {
            date
            for (date,) in con.execute(
                "select distinct landed_hour::date::varchar from verdicts semi join found using (identity)"
            ).fetchall()
        }
        for date in sorted(changed):
            con.execute(f"create or replace table left_over as from missing where landed_hour::date = date '{date}'")
            moved += _write_part(con, "left_over", WAITING / f"landed_date={date}", None, lake, is_copy=False)
    taken = {part.lake_part for part in parts if _landed_date(part) in changed} - {part.lake_part for part in moved}
    inventory.move(taken, moved)
    for lake_part in taken:
        (lake / lake_part).unlink()


def _read_verdicts(con: duckdb.DuckDBPyConnection, parts: list[AssessmentPart], lake: Path) -> None:
    """Create `verdicts`, the rows of these parts, and the empty table `found`, which will hold the hours of their requests."""
    known = pd.DataFrame(
        {
            "filename": [str(lake / part.lake_part) for part in parts],
            "lake_part": [part.lake_part for part in parts],
            "landing_file": [part.landing_file for part in parts],
            "version": [part.version for part in parts],
            "placed_hour": pd.Series([part.request_hour for part in parts], dtype="datetime64[us]"),
        }
    )
    con.register("known", known)
    files = sql_list(paths(lake, (part.lake_part for part in parts)))
    con.execute(
        sql_beside(__file__, "verdicts").format(columns=columns_sql(COLUMNS), identity=IDENTITY, files=files, **DAYS)
    )


def _search(con: duckdb.DuckDBPyConnection, lake_parts: set[str], lake: Path, inventory: Inventory) -> None:
    """Look up verdicts that have not been found yet in these parts. If a request has several hours, take the earliest."""
    if lake_parts:
        con.execute(sql_beside(__file__, "search").format(delivered=current_rows(lake_parts, lake, inventory)))


def _likely_parts(con: duckdb.DuckDBPyConnection, inventory: Inventory) -> Iterator[set[str]]:
    """Parts to search while an arrived verdict is still sought: first the hours of the hints, then each day within reach, newest first.

    A verdict that has only a request id (no account, no hint) is searched for in all of them, since other accounts may use that id too.
    """
    arrived = f"from sought where starts_with(lake_part, '{ARRIVED}')"
    hours = con.execute(
        f"select distinct date_trunc('hour', requested_at) {arrived} and requested_at is not null"
    ).fetchall()
    yield {part.lake_part for (hour,) in hours for part in inventory.current_parts(hour, hour + HOUR)}
    first_at, last_at = only_row(con.execute(sql_beside(__file__, "bounds").format(arrived=ARRIVED, **DAYS)))
    if first_at is None:
        return
    within_reach = reversed(inventory.current_parts(first_at - HOUR, last_at))
    for _, parts in groupby(within_reach, key=lambda part: part.request_hour.date()):
        if con.execute(f"select 1 {arrived} limit 1").fetchone() is None:
            return
        yield {part.lake_part for part in parts}


def _write_found(con: duckdb.DuckDBPyConnection, lake: Path, *, is_copy: bool) -> list[AssessmentPart]:
    """Write the verdicts that were found: one part per hour, and another for verdicts that also judge a further request, which are copies.

    The names of the parts depend only on the verdicts in them.
    """
    parts: list[AssessmentPart] = []
    con.execute(sql_beside(__file__, "ranked"), {"is_copy": is_copy})
    hours = con.execute("select distinct request_hour, is_further from ranked order by all").fetchall()
    for hour, is_further in hours:
        con.execute(sql_beside(__file__, "of_hour"), {"hour": hour, "is_further": is_further})
        place = Path("content_assessments", f"request_date={hour:%Y-%m-%d}", f"request_hour={hour:%H}")
        parts += _write_part(con, "of_hour", place, hour, lake, is_copy=is_further)
    return parts


def _write_part(
    con: duckdb.DuckDBPyConnection, table: str, place: Path, hour: datetime | None, lake: Path, *, is_copy: bool
) -> list[AssessmentPart]:
    """Write the verdicts in the table as one part; no part if there are none."""
    counts = con.execute(f"select landing_file, version, count(*) from {table} group by all order by all").fetchall()
    if not counts:
        return []
    (digest,) = only_row(
        con.execute(
            f"select md5(string_agg(version || identity::varchar || coalesce(request_key, ''), '|' order by identity, request_key)) from {table}"
        )
    )
    part = place / f"{digest}.parquet"
    (lake / place).mkdir(parents=True, exist_ok=True)
    con.execute(
        f"copy (select {columns_sql(COLUMNS)} from {table} order by {IDENTITY}, request_key) to '{sql_text(lake / part)}'"
        " (format parquet, parquet_version v2)"
    )
    return [AssessmentPart(str(part), file, version, hour, count, is_copy) for file, version, count in counts]
