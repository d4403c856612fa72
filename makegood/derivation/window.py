"""The window of a run: which request hours it derives, and from which deliveries. The dbt models derive them.

The window is passed to dbt as a small DuckDB file whose relations the models read as sources. It names the parts of the lake
explicitly, so that a run's input cannot change while it runs.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import duckdb

from makegood.derivation import baselines
from makegood.home import lake_spill_directory
from makegood.hours import HOUR
from makegood.ingestion import assessments
from makegood.ingestion.canonical import no_rows_sql
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.inventory_records import AssessmentPart, LandedFile, Part
from makegood.ingestion.lake_parts import MERGE_REACH, current_rows, paths, select_rows
from makegood.ingestion.sources import ASSESSMENTS
from makegood.policy.digests import PolicyDigests
from makegood.storage.connections import connect
from makegood.storage.queries import only_row, sql_beside
from makegood.verdicts.placing import copy_to_shared_hours

CHUNK_ROWS = 2_000_000
"""The most deliveries that are derived together when a range is longer than a day. This bounds memory and temporary files."""


@dataclass(frozen=True)
class Window:
    """Request hours to derive together, and the landing files to report with them.

    `is_alone` says that no delivery outside these hours is known to share a key with one inside.
    """

    request_hours: tuple[datetime, ...]
    landing_files: tuple[LandedFile, ...]
    is_alone: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to derive."""
        return not self.request_hours and not self.landing_files


def plan(
    landing_hours: Iterable[datetime], lake: Path, inventory: Inventory, extra_hours: Iterable[datetime] = ()
) -> Window:
    """The window for these landing hours.

    It contains every request hour in which any version of their files has or had rows or verdicts, and every hour that shares a key with
    one of them within `MERGE_REACH`, so that each request belongs to exactly one hour. Verdicts must have been placed before.

    Args:
        landing_hours: the hours whose files are to be derived.
        lake: the lake's directory.
        inventory: what has landed.
        extra_hours: further request hours to derive.
    """
    files = inventory.files_of_hours(landing_hours)
    names = [file.landing_file for file in files]
    touched = inventory.hours_touched(names) | set(extra_hours)
    landed = {part.lake_part for part in inventory.parts_of_files(names)}
    verdicts = inventory.assessment_parts_of_files(
        file.landing_file for file in files if file.adapter == ASSESSMENTS.stem
    )
    landed |= {part.lake_part for part in verdicts if part.request_hour is not None}
    partners = _partner_hours(landed, touched, lake, inventory)
    inside = tuple(sorted(touched | {hour for hour, is_moved in partners.items() if is_moved}))
    copy_to_shared_hours(inside, lake, inventory)
    return Window(inside, tuple(files), is_alone=not partners)


def chunks(window: Window, inventory: Inventory, most_rows: int = CHUNK_ROWS) -> list[Window]:
    """Split the window into pieces of whole request dates with up to `most_rows` deliveries each; there is at least one piece.

    A single date is never split, however large. The landing files go with the first piece. Pieces are independent of each other: each also
    reads the deliveries of other hours that share its keys.
    """
    pieces: list[list[datetime]] = []
    size = 0
    for _, day in groupby(window.request_hours, key=datetime.date):
        hours = list(day)
        rows = delivered_rows(hours, inventory)
        if not pieces or size + rows > most_rows:
            pieces.append([])
            size = 0
        pieces[-1].extend(hours)
        size += rows
    if len(pieces) < 2:
        return [window]
    return [Window(tuple(hours), window.landing_files if number == 0 else ()) for number, hours in enumerate(pieces)]


def delivered_rows(hours: Iterable[datetime], inventory: Inventory) -> int:
    """How many deliveries these hours have."""
    return sum(part.landed_count for hour in hours for part in inventory.current_parts(hour, hour + HOUR))


def input_digests(hours: Iterable[datetime], inventory: Inventory) -> dict[datetime, str]:
    """For each hour the digest of the file versions with its deliveries and verdicts: equal digests mean equal input."""
    return {hour: _digest(hour, inventory) for hour in hours}


def is_empty(run_inputs: Path) -> bool:
    """Whether a written window has no request hours and no landing files, so that no row of any table is in it."""
    with connect(run_inputs, extensions=()) as con:
        (found,) = only_row(con.execute("select exists(from request_hours) or exists(from landing_files)"))
    return not found


def write(
    window: Window,
    lake: Path,
    inventory: Inventory,
    policy: PolicyDigests,
    target: Path,
    *,
    baseline_days: Iterable[date] = (),
    with_deliveries: bool = True,
) -> None:
    """Write the window to `target`, a DuckDB file with `request_logs`, `content_assessments`, `request_hours`, `landing_files`,
    `policies` (which seeds each hour, past hours included, must be decided under) and the input of the baselines of `baseline_days`.

    The file is replaced atomically. Audits need the hours and files of all chunks at once, but no deliveries.
    """
    fresh = target.with_name(target.name + ".new")
    fresh.unlink(missing_ok=True)
    with connect(fresh, extensions=()) as con:
        con.execute(sql_beside(__file__, "window"))
        _write_hours(con, window, inventory, policy)
        _write_policies(con, policy)
        _write_files(con, window)
        baselines.write(con, baseline_days, lake, inventory, policy.baselines)
        if with_deliveries:
            con.execute(f"create view request_logs as {_deliveries_sql(con, window, lake, inventory)}")
            con.execute(f"create view content_assessments as {_verdicts_sql(window, lake, inventory)}")
    fresh.replace(target)


def _digest(hour: datetime, inventory: Inventory) -> str:
    """Digest of what was delivered, independent of the parts that hold it: which files share a part depends on what landed together."""
    parts: list[Part | AssessmentPart] = [*inventory.current_parts(hour, hour + HOUR)]
    parts += inventory.assessment_parts(hour, hour + HOUR)
    versions = sorted({f"{part.landing_file}/{part.version}" for part in parts})
    return hashlib.sha256("|".join(versions).encode()).hexdigest()[:16]


def _reach(hours: set[datetime]) -> list[tuple[datetime, datetime]]:
    """The spans [start, end) within `MERGE_REACH` of the hours; overlapping spans are merged."""
    spans: list[tuple[datetime, datetime]] = []
    for hour in sorted(hours):
        start, end = hour - MERGE_REACH, hour + MERGE_REACH + HOUR
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _neighbours(hours: set[datetime], inventory: Inventory) -> list[Part]:
    return [part for start, end in _reach(hours) for part in inventory.current_parts(start, end)]


def _partner_hours(landed: set[str], touched: set[datetime], lake: Path, inventory: Inventory) -> dict[datetime, bool]:
    """Hours outside `touched`, within reach, that share a key with it, and whether one of these keys is in the parts `landed`."""
    elsewhere = {part.lake_part for part in _neighbours(touched, inventory) if part.request_hour not in touched}
    own = {part.lake_part for hour in touched for part in inventory.current_parts(hour, hour + HOUR)}
    if not elsewhere or not own | landed:
        return {}
    with connect(extensions=(), spill=lake_spill_directory(lake)) as con:
        rows = con.execute(
            sql_beside(__file__, "partner_hours"),
            {
                name: paths(lake, parts)
                for name, parts in (("landed", landed), ("inside", own | landed), ("elsewhere", elsewhere))
            },
        ).fetchall()
    return dict(rows)


def _deliveries_sql(con: duckdb.DuckDBPyConnection, window: Window, lake: Path, inventory: Inventory) -> str:
    """A select over the window's parts, and over the deliveries of other hours that share a key with them."""
    inside = set(window.request_hours)
    own = [part for hour in window.request_hours for part in inventory.current_parts(hour, hour + HOUR)]
    inventory.seals.prove(part.lake_part for part in own)
    others = (
        [] if window.is_alone else [part for part in _neighbours(inside, inventory) if part.request_hour not in inside]
    )
    selects = [select_rows(own, lake, inventory)] if own else []
    if own and others and _find_shared_keys(con, own, others, lake):
        condition = " and key_hash in (select key_hash from shared_keys)"
        selects.append(select_rows(others, lake, inventory, condition=condition))
    return " union all ".join(selects) or (
        "select *, requested_at::date as request_date, extract(hour from requested_at)::integer as request_hour,"
        f" from ({no_rows_sql()})"
    )


def _find_shared_keys(con: duckdb.DuckDBPyConnection, own: list[Part], others: list[Part], lake: Path) -> int:
    """Create the table `shared_keys`: keys of the window that other hours contain too. Returns how many there are."""
    con.execute(
        sql_beside(__file__, "shared_keys"),
        {
            "others": paths(lake, (part.lake_part for part in others)),
            "own": paths(lake, (part.lake_part for part in own)),
        },
    )
    (count,) = only_row(con.execute("select count(*) from shared_keys"))
    return int(count)


def _verdicts_sql(window: Window, lake: Path, inventory: Inventory) -> str:
    """A select over the verdicts on requests of the window's hours. Each verdict's hour is that of the partition that holds it."""
    own = [part.lake_part for hour in window.request_hours for part in inventory.assessment_parts(hour, hour + HOUR)]
    inventory.seals.prove(own)
    columns = ", ".join(f"{name}::{kind} as {name}" for name, kind in assessments.COLUMNS.items())
    rows = (
        current_rows(own, lake, inventory)
        if own
        else f"from ({no_rows_sql(assessments.COLUMNS | {'filename': 'VARCHAR'})})"
    )
    return (
        f"select {columns}, regexp_extract(filename, 'request_date=([0-9-]+)/request_hour', 1)::date as request_date,"
        f" regexp_extract(filename, '/request_hour=([0-9]+)/', 1)::integer as request_hour {rows}"
    )


def _write_hours(con: duckdb.DuckDBPyConnection, window: Window, inventory: Inventory, policy: PolicyDigests) -> None:
    measured = baselines.baseline_digests((hour.date() for hour in window.request_hours), inventory, policy.baselines)
    for hour in window.request_hours:
        parts = inventory.current_parts(hour, hour + HOUR)
        landed = sum(part.landed_count for part in parts)
        con.execute(
            "insert into request_hours values (?, ?, ?, ?, ?, ?)",
            [hour.date(), hour.hour, landed, _digest(hour, inventory), policy.at(hour), measured[hour.date()]],
        )


def _write_policies(con: duckdb.DuckDBPyConnection, policy: PolicyDigests) -> None:
    con.executemany("insert into policies values (?, ?)", list(zip(policy.starts, policy.digests, strict=True)))


def _write_files(con: duckdb.DuckDBPyConnection, window: Window) -> None:
    rows = [
        [
            file.landing_file, file.source, file.adapter, file.landed_hour, file.size_bytes, file.content_digest,
            file.records_read, file.landed_count, file.ignored_count, file.quarantined_count,
        ]
        for file in window.landing_files
    ]  # fmt: skip
    if rows:
        con.executemany("insert into landing_files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
