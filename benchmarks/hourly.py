"""Compares the whole hourly run of 1 M requests with a minimal DuckDB script that computes the same marts from the same file."""

import argparse
import shutil
import sys
import tempfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb

from benchmarks.measuring import Measured, measure, typical
from benchmarks.spans import environment as traced
from makegood.generation.gateway import generate
from makegood.publication.querying import answer
from makegood.settings import PROJECT

HOUR = datetime(2026, 11, 1)
FIXED_S = 12
"""Fixed overhead that is allowed on top of twice the bare script: starting processes, audits, commits."""
BARE = """
import duckdb, sys, pathlib
con = duckdb.connect("bare.duckdb")
con.execute("set variable landing_file = $1", [sys.argv[1]])
con.execute("set variable landed_hour = $1", [sys.argv[2]])
con.execute(pathlib.Path(sys.argv[3]).read_text())
"""


class Sums(NamedTuple):
    """Number and payouts of the compensated requests."""

    compensation_count: int
    payout_usd: Decimal


def main() -> int:
    """Print wall time, memory and the ratio.

    Return 1 if the sums differ, or if --check is given and the run took longer than twice the bare script plus 12 s; else 0.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="makegood-bench-") as folder:
        bare, ours = compare(Path(folder), arguments.rows, arguments.repeat)
        bare_sums, our_sums = sums(Path(folder))
    allowed = 2 * bare.wall_s + FIXED_S
    print(f"hourly run of {arguments.rows:,} requests (median of {arguments.repeat})")
    print(f"  bare script      {bare.wall_s:6.1f} s   {bare.peak_mib:6,} MiB")
    print(f"  makegood run     {ours.wall_s:6.1f} s   {ours.peak_mib:6,} MiB   {ours.wall_s / bare.wall_s:.2f}x")
    print(
        f"  both compensate  {our_sums.compensation_count:,} requests with {our_sums.payout_usd} USD"
        if our_sums == bare_sums
        else f"  DIFFERENT: {bare_sums} {our_sums}"
    )
    print(
        f"  allowed          {allowed:6.1f} s   (2 x bare + {FIXED_S} s): {'within' if ours.wall_s <= allowed else 'OVER'}"
    )
    return int(our_sums != bare_sums or (arguments.check and ours.wall_s > allowed))


def compare(folder: Path, rows: int, repeat: int) -> tuple[Measured, Measured]:
    """Measure both alternately. An empty hour is run in the home first, so that its warehouse exists and the dbt project is parsed."""
    logs = folder / "logs"
    generate(logs, HOUR, 1, rows, 7, is_steady=True)
    [file] = (logs / "gateway" / f"{HOUR:%Y-%m-%d}" / f"{HOUR:%H}").glob("part-*")
    bare_runs, our_runs = [], []
    for number in range(repeat):
        work = folder / f"bare-{number}"
        work.mkdir()
        script = ["/usr/bin/env", "-C", str(work), sys.executable, "-c", BARE]
        bare_runs.append(
            measure(
                [*script, str(file), f"{HOUR:%Y-%m-%d %H:00:00}+00", str(PROJECT / "benchmarks" / "bare.sql")],
                {},
                work / "log",
            )
        )
        home = folder / f"home-{number}"
        home.mkdir()
        landed = home / "landing" / "gateway" / f"{HOUR:%Y-%m-%d}" / f"{HOUR:%H}"
        run_hour(home, HOUR - timedelta(hours=1))
        landed.mkdir(parents=True)
        shutil.copy2(file, landed)
        our_runs.append(run_hour(home, HOUR))
    return typical(bare_runs), typical(our_runs)


def sums(folder: Path) -> tuple[Sums, Sums]:
    """The sums of the bare script, and of the home's published snapshot."""
    query = "select count(*), sum(payout_usd) from {}"
    [bare] = duckdb.execute(query.format(f"read_parquet('{folder / 'bare-0' / 'compensations.parquet'}')")).fetchall()
    _, [ours] = answer(folder / "home-0", query.format("fct_compensations"))
    return Sums(*bare), Sums(*ours)


def run_hour(
    home: Path, hour: datetime, hours: int = 1, *, spans: Path | None = None, awaited: str = ""
) -> Measured:
    """Measure `makegood run` over `hours` landing hours from `hour` on, in a separate process.

    Its processes note in the file `spans` what they do (see spans.py); `awaited` is a text of its log.
    """
    end = hour + timedelta(hours=hours)
    bounds = ["--from", f"{hour:%Y-%m-%dT%H}", "--to", f"{end:%Y-%m-%dT%H}"]
    environment = {
        "PYTHONPATH": str(PROJECT),
        "MAKEGOOD_HOME": str(home),
        "MAKEGOOD_SOURCES": str(PROJECT / "sources.yml"),
        **(traced(spans) if spans else {}),
    }
    return measure([sys.executable, "-m", "orchestration", "run", *bounds], environment, home / "log", awaited)


if __name__ == "__main__":
    sys.exit(main())
