"""`make bench-year`: simulates a year of hourly runs with daily upkeep, and reports what the home has grown to and what a run then costs.

    python -m benchmarks.year --home FOLDER --days 365

What is measured of each day is appended to `year.jsonl` in the folder. If the simulation is stopped, the same command goes on with the first
day that is not there. A day's hours run in one process of their own, which imports once; so its figures are compared with each other only.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.measuring import measure
from benchmarks.table import PROJECT, Row, machine, markdown, text
from makegood.generation.gateway import generate
from makegood.home import Home, catalog_file, data_directory
from makegood.publication.querying import answer
from makegood.publication.upkeep import KEPT_FOR, maintain
from makegood.storage.connections import connect
from makegood.storage.warehouse import ALIAS, attach

FIRST = datetime(2025, 1, 1)
SEED = 7
WEEK = 7
RUN_RATIO, QUERY_RATIO, GROWTH_RATIO = 1.1, 1.2, 1.2
REPEATED = 5
"""How often each query is asked of which the median counts."""
RESULTS = PROJECT / "benchmarks" / "results-year.md"
DAY = """
import json, sys, time
from datetime import datetime, timedelta
from pathlib import Path
from expectations.worker import AuditWorker
from makegood.derivation.dbt_server import DbtServer
from makegood.home import Home
from makegood.hours import HourRange
from makegood.settings import Settings
from orchestration.running import run
settings, first, walls = Settings.read(), datetime.fromisoformat(sys.argv[1]), []
with DbtServer(Home(settings.home).prepare()), AuditWorker() as worker:
    for number in range(int(sys.argv[2])):
        begun, hour = time.perf_counter(), first + timedelta(hours=number)
        run(HourRange(hour, hour + timedelta(hours=1)), settings, worker)
        walls.append(time.perf_counter() - begun)
print(json.dumps(walls))
"""
QUERIES = {
    "compensated by type": "select compensation_type, count(*), sum(payout_usd) from fct_compensations where request_date = date '{day}' group by all",
    "hourly": "select hour_at, sum(request_count), sum(cost_usd) from fct_requests_hourly where request_date = date '{day}' group by all",
    "by account": "select account_id, sum(payout_usd) from mart_compensation_by_account_daily where request_date = date '{day}' group by all",
    "requests by reason": "select reason_code, count(*) from fct_requests where request_date = date '{day}' group by all",
}
"""Queries on the marts of one day, which is as large at the end of the year as at its beginning."""


@dataclass(frozen=True)
class Day:
    """What was measured of one day: its runs, its upkeep, the queries on it, and the size of the home after it.

    `run_s` is the median wall time of its hours without the first, which waits for imports; `cpu_s` is the CPU time of a day's runs by the
    hour; `upkeep_at` is when its upkeep began, in seconds since 1970.
    """

    number: int
    run_s: float
    cpu_s: float
    upkeep_s: float
    upkeep_at: float
    query_s: float
    catalog_kib: int
    snapshots: int
    warehouse_files: int
    lake_files: int
    dagster_files: int
    home_mib: int


def main() -> int:
    """Simulate the days that are missing, and print the table. Return 1 if --check is given and a limit is not met, else 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.year", description=__doc__.split("\n")[0])
    parser.add_argument("--home", type=Path, required=True, help="the folder of the simulation, which is kept")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rows-per-hour", type=int, default=50)
    parser.add_argument(
        "--hours", type=int, default=24, help="hours of each day that are run; fewer than 24 only try it out"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file that is written")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    arguments.home.mkdir(parents=True, exist_ok=True)
    days = simulate(arguments.home, arguments.days, arguments.hours, arguments.rows_per_hour)
    rows = report(days)
    print(text(rows))
    title = f"# A year of hourly runs\n\nThe first {len(days)} days, of {arguments.rows_per_hour} requests an hour in {arguments.hours} hours a day, with upkeep every day."
    arguments.results.write_text(f"{title}\n\n{machine()}\n\n{markdown(rows)}\n")
    return int(arguments.check and any(row.is_met is False for row in rows))


def simulate(home: Path, days: int, hours: int, rows: int) -> list[Day]:
    """What was measured of each of these days; days that an earlier call measured are not run again."""
    record = home / "year.jsonl"
    done = [Day(**json.loads(line)) for line in record.read_text().splitlines()] if record.exists() else []
    for number in range(len(done), days):
        done.append(one_day(home, number, hours, rows, done[-1].upkeep_at if done else None))
        with record.open("a") as lines:
            lines.write(json.dumps(asdict(done[-1])) + "\n")
        print(f"day {number + 1} of {days}: {done[-1].run_s:.2f} s a run", file=sys.stderr, flush=True)
    return done[:days]


def one_day(root: Path, number: int, hours: int, rows: int, upkeep_before: float | None) -> Day:
    """Run the hours of one day and the upkeep after it."""
    first = FIRST + timedelta(days=number)
    generate(root / "landing", first, hours, rows, SEED, is_steady=True)
    environment = {
        "PYTHONPATH": str(PROJECT),
        "MAKEGOOD_HOME": str(root),
        "MAKEGOOD_SOURCES": str(PROJECT / "sources.yml"),
    }
    runs = measure([sys.executable, "-c", DAY, first.isoformat(), str(hours)], environment, root / "log")
    walls = json.loads((root / "log").read_text().splitlines()[-1])
    begun, upkeep_at = time.perf_counter(), time.time()
    # A simulated day is minutes long. Upkeep deletes what was unused for a day, which here is what was unused at the upkeep before.
    now = None if upkeep_before is None else datetime.fromtimestamp(upkeep_before, UTC) + KEPT_FOR
    maintain(Home(root), now)
    upkeep_s = time.perf_counter() - begun
    return Day(
        number, median(walls[1:] or walls), runs.cpu_s / len(walls), upkeep_s, upkeep_at, queried(root, first.date()), **sizes(root)
    )  # fmt: skip


def queried(root: Path, day: date) -> float:
    """Seconds that all queries on the marts of this day take together, by their medians."""
    return sum(median(asked(root, query.format(day=day)) for _ in range(REPEATED)) for query in QUERIES.values())


def asked(root: Path, query: str) -> float:
    """Seconds that one query on the published snapshot takes."""
    begun = time.perf_counter()
    answer(root, query)
    return time.perf_counter() - begun


def sizes(root: Path) -> dict[str, int]:
    """The size of the catalog, the number of its snapshots, and the files of the home."""
    home = Home(root)
    with closing(connect()) as con:
        attach(con, home.warehouse)
        [(snapshots,)] = con.execute(f"select count(*) from ducklake_snapshots('{ALIAS}')").fetchall()
    catalog = catalog_file(home.warehouse)
    return {
        "catalog_kib": catalog.stat().st_size >> 10,
        "snapshots": snapshots,
        "warehouse_files": files(data_directory(home.warehouse)),
        "lake_files": files(home.lake),
        "dagster_files": files(home.dagster),
        "home_mib": sum(file.stat().st_size for file in root.rglob("*") if file.is_file()) >> 20,
    }


def files(folder: Path) -> int:
    """How many files are in a folder."""
    return sum(file.is_file() for file in folder.rglob("*"))


def report(days: list[Day]) -> list[Row]:
    """The last week beside the first, and whether the home grew by no more in the second half than in the first.

    The very first day is left out of the first week if there are others: it makes the home.
    """
    first, last = days[1 : WEEK + 1] or days, days[-WEEK:]
    rows = [
        compared("an hourly run, wall", "s", lambda day: day.run_s, RUN_RATIO, first, last),
        compared("an hourly run, CPU", "s", lambda day: day.cpu_s, RUN_RATIO, first, last),
        compared("queries on a day of the marts", "s", lambda day: day.query_s, QUERY_RATIO, first, last),
        compared("the daily upkeep", "s", lambda day: day.upkeep_s, None, first, last),
    ]
    return [
        *rows,
        grown("the catalog", "KiB", lambda day: day.catalog_kib, days),
        grown("snapshots", "", lambda day: day.snapshots, days),
        grown("files of the warehouse", "", lambda day: day.warehouse_files, days),
        grown("files of the lake", "", lambda day: day.lake_files, days),
        grown("files of Dagster", "", lambda day: day.dagster_files, days),
        grown("the home", "MiB", lambda day: day.home_mib, days),
    ]


def compared(
    figure: str, unit: str, value: Callable[[Day], float], limit: float | None, first: list[Day], last: list[Day]
) -> Row:
    """The medians of the last and of the first days."""
    before, after = (median(value(day) for day in days) for days in (first, last))
    said = f"first week {before:.2f} {unit}"
    if limit is None:
        return Row(figure, unit, after, ratio=after / before, limit=said)
    return Row(figure, unit, after, ratio=after / before, limit=f"≤ {limit:g} x {said}", is_met=after <= limit * before)


def grown(figure: str, unit: str, value: Callable[[Day], int], days: list[Day]) -> Row:
    """The size at the end, with the growth in the second half as a multiple of that in the first: more than 1 is faster than the days."""
    half = len(days) // 2
    start, middle, end = value(days[0]), value(days[half]), value(days[-1])
    # By the day. What does not grow by a unit in a day is flat.
    early, late = (middle - start) / max(half, 1), (end - middle) / max(len(days) - 1 - half, 1)
    ratio = max(late, 0) / max(early, 1)
    limit = f"second half ≤ {GROWTH_RATIO:g} x first half; {end / len(days):,.1f} {unit} a day".replace("  ", " ")
    return Row(figure, unit, end, ratio=ratio, limit=limit, is_met=ratio <= GROWTH_RATIO)


if __name__ == "__main__":
    sys.exit(main())
