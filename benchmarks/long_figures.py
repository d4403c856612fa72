"""The rows of the table about many hours: empty ones, a year of few requests, an hour after that year, and settlement."""

import gzip
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks import settlement as settling
from benchmarks.empty_hour import broken_down
from benchmarks.figures import HOUR, SEED, Place, hour_folder, spent
from benchmarks.measuring import Measured, typical
from benchmarks.runs import run_hour
from benchmarks.spans import AUDIT, COMMITS, DBT_BETWEEN, DBT_NODES, DBT_START, LAND, PUBLICATION, WINDOW
from benchmarks.table import Row, at_most
from makegood.generation.gateway import generate

FIRST = datetime(2025, 1, 1)
"""The year that is run as one range begins here."""
WORK = (LAND, WINDOW, DBT_START, DBT_NODES, COMMITS, DBT_BETWEEN, AUDIT, PUBLICATION)
"""What a run does about its requests. All the rest of a run is bookkeeping: imports, planning, Dagster's partitions and events."""
BEGINS_S, EMPTY_RANGE_S, BOOKKEEPING_S, FLAT_RATIO = 10, 60, 180, 1.1


def empty_hours(place: Place) -> list[Row]:
    """Many empty hours as one range."""
    home = place.home("empty-range")
    spans, count = home / "range-spans.jsonl", place.sizes.empty_hours
    run = run_hour(home, HOUR, count, spans=spans)
    found = broken_down(spans, run)
    place.sections[f"Where {count:,} empty hours go"] = spent(found)
    return [
        at_most(f"{count:,} empty hours as one range, until landing begins", "s", begun(found.ready), BEGINS_S),
        at_most(f"{count:,} empty hours as one range", "s", run.wall_s, EMPTY_RANGE_S),
    ]


def begun(ready: dict[str, float]) -> float:
    """Seconds until the first step, which lands files, began."""
    return ready.get("the first step begins after", float("inf"))


def year(place: Place) -> list[Row]:
    """A year of few requests as one range, and an hour after it beside the same hour after one day."""
    sizes = place.sizes
    home, count, end = place.home("year"), sizes.year_hours, FIRST + timedelta(hours=sizes.year_hours)
    generate_days(home / "landing", FIRST, count + sizes.repeat + 1, sizes.year_rows)
    after = [end + timedelta(hours=number) for number in range(sizes.repeat + 1)]
    young = place.home("day")
    for number in range(1, min(24, count) + 1):
        copy_hour(home, young, end - timedelta(hours=number))
    for hour in after:
        copy_hour(home, young, hour)
    spans = home / "year-spans.jsonl"
    run = run_hour(home, FIRST, count, spans=spans)
    found = broken_down(spans, run)
    place.sections[f"Where {count:,} hours of few requests go"] = spent(found)
    bookkeeping = found.wall_s - sum(found.parts[part] for part in WORK)
    figure = f"{count:,} hours of {sizes.year_rows:,} requests as one range"
    return [
        Row(figure, "s", run.wall_s),
        at_most(f"{figure}, bookkeeping", "s", bookkeeping, BOOKKEEPING_S),
        *flat(home, young, after, count // 24, sizes.year_rows),
    ]


def generate_days(landing: Path, start: datetime, hours: int, rows: int) -> None:
    """Landing files of many hours: one day is generated, and the others repeat it with other dates and ids, which is far faster."""
    generate(landing, start, min(24, hours), rows, SEED, is_steady=True)
    day = [start + timedelta(hours=number) for number in range(min(24, hours))]
    files = {
        hour: {file.name: gzip.decompress(file.read_bytes()) for file in hour_folder(landing, hour).iterdir()}
        for hour in day
    }
    near = {f"{start + timedelta(days=number):%Y-%m-%d}".encode(): timedelta(days=number) for number in (-1, 0, 1)}
    dates = re.compile(b"|".join(near))
    for number in range(len(day), hours):
        hour, days = start + timedelta(hours=number), number // 24

        def moved(found: re.Match[bytes], days: int = days) -> bytes:
            return f"{start + near[found[0]] + timedelta(days=days):%Y-%m-%d}".encode()

        folder = hour_folder(landing, hour)
        folder.mkdir(parents=True)
        for name, text in files[day[number % 24]].items():
            named = (
                dates.sub(moved, text).replace(b'"req_', b'"req_%03x' % days).replace(b'"call_', b'"call_%03x' % days)
            )
            (folder / name).write_bytes(gzip.compress(named, 1))


def flat(old: Path, young: Path, hours: list[datetime], days: int, rows: int) -> list[Row]:
    """The same hours after all these days of history and after one. The first also measures the day's latency baselines and is not counted."""
    before = hours[0] - timedelta(days=1)
    run_hour(young, max(before, FIRST), min(24, int((hours[0] - FIRST) / timedelta(hours=1))))
    late: list[Measured] = []
    early: list[Measured] = []
    for hour in hours:
        late.append(run_hour(old, hour))
        early.append(run_hour(young, hour))
    late_typical, early_typical = typical(late[1:]), typical(early[1:])
    figure = f"an hour of {rows:,} requests after {days:,} days of history"
    said = []
    for kind, ours, theirs in (
        ("wall", late_typical.wall_s, early_typical.wall_s),
        ("CPU", late_typical.cpu_s, early_typical.cpu_s),
    ):
        limit = f"≤ {FLAT_RATIO:g} x after a day ({theirs:.2f} s)"
        said.append(
            Row(f"{figure}, {kind}", "s", ours, ratio=ours / theirs, limit=limit, is_met=ours <= FLAT_RATIO * theirs)
        )
    return said


def settlement(place: Place) -> list[Row]:
    """Settling a large day, and the last days of a year beside its first."""
    sizes = place.sizes
    large = settling.large_day(place.folder / "large-day", sizes.compensations)
    figure = f"settling a day of {sizes.compensations:,} compensations"
    rows = [
        at_most(figure, "s", large.wall_s, settling.ALLOWED_S),
        at_most(f"{figure}, peak memory", "MiB", large.peak_mib, settling.ALLOWED_MIB),
    ]
    compared = min(5, sizes.settled_days // 2)
    costs = settling.year(place.folder / "settled-year", sizes.settled_days, sizes.compensations // 100, compared)
    early, late = (settling.typical_cost(days).cpu_s for days in (costs[:compared], costs[-compared:]))
    limit = f"≤ {settling.ALLOWED_RATIO:g} x the first days ({early:.2f} s)"
    figure = f"settling a day of {sizes.compensations // 100:,} after {sizes.settled_days:,} days, CPU"
    return [
        *rows,
        Row(figure, "s", late, ratio=late / early, limit=limit, is_met=late <= settling.ALLOWED_RATIO * early),
    ]


def copy_hour(home: Path, other: Path, hour: datetime) -> None:
    """Give another home the landing files of this hour."""
    source, target = (hour_folder(place / "landing", hour) for place in (home, other))
    if source.exists():
        shutil.copytree(source, target)
