"""What a run is compared with: a bare DuckDB script and a pandas script that make the same marts from the same files, and what each came to."""

import json
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from benchmarks.measuring import Measured, measure
from benchmarks.pandas_marts import REASONS
from makegood.publication.querying import answer
from makegood.settings import PROJECT

BENCHMARKS = PROJECT / "benchmarks"
BARE = """
import duckdb, sys, pathlib
con = duckdb.connect("bare.duckdb")
con.execute("set variable landed_hour = $1", [sys.argv[1]])
con.execute("set variable landing_file = $1", [sys.argv[3:]])
con.execute(pathlib.Path(sys.argv[2]).read_text())
"""
COPY = """
import duckdb, sys, time
begun = time.perf_counter()
with duckdb.connect() as con:
    con.execute(f"copy (select * from read_json({sys.argv[1:]}, ignore_errors = true)) to 'copy.parquet' (format parquet)")
print(time.perf_counter() - begun)
"""
LAND = """
import sys
import time
from datetime import datetime
from pathlib import Path
from makegood.home import inventory_file
from makegood.ingestion.finding import find_files
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.landing import land
from makegood.ingestion.sources import ADAPTERS, Source
begun = time.perf_counter()
home = Path(sys.argv[1])
source = Source("gateway", ADAPTERS / "canonical.sql", str(home / "landing/gateway/{date}/{hour}/*"))
lake = Path.cwd()
inventory = Inventory(inventory_file(lake))
(version,) = land(find_files([source], [datetime.fromisoformat(sys.argv[2])], home), lake, inventory)
inventory.close()
print(time.perf_counter() - begun)
"""

MEASURES = "latency_p50_ms, latency_p95_ms, latency_p99_ms, ttft_p50_ms, ttft_p95_ms, ttft_p99_ms"
SUMMED = {
    "fct_requests": ["input_tokens", "output_tokens", "latency_ms", "cost_usd", "payout_usd"],
    "fct_compensations": ["cost_usd", "payout_usd", "net_cost_usd"],
    "fct_requests_hourly": [
        "request_count", "billed_count", "error_count", "unpriced_count", "input_tokens", "output_tokens", "cost_usd",
        *(f"{reason}_count" for reason in REASONS), *MEASURES.split(", "),
    ],
    "mart_compensation_hourly": ["compensation_count", "payout_usd", "cost_usd", "net_cost_usd"],
    "mart_compensation_by_account_daily": ["compensation_count", "payout_usd", "cost_usd", "net_cost_usd"],
}  # fmt: skip
"""The columns of each mart whose sums are compared, in the order in which pandas_marts.py prints them."""


def bare(work: Path, hour: datetime, files: list[Path]) -> Measured:
    """Measure the bare script over the files of landing hours up to this one, in a new folder."""
    work.mkdir()
    command = [
        sys.executable,
        "-c",
        BARE,
        f"{hour:%Y-%m-%d %H:00:00}+00",
        str(BENCHMARKS / "bare.sql"),
        *map(str, files),
    ]
    return measure(["/usr/bin/env", "-C", str(work), *command], {}, work / "log")


def pandas(work: Path, hour: datetime, files: list[Path]) -> Measured:
    """Measure the pandas script over the same files, in a new folder."""
    work.mkdir()
    script = str(BENCHMARKS / "pandas_marts.py")
    return measure([sys.executable, script, f"{hour:%Y-%m-%dT%H}", str(work), *map(str, files)], {}, work / "log")


def bare_copy(work: Path, files: list[Path]) -> Measured:
    """Measure a plain copy of the files to Parquet, in a new folder, without its imports."""
    work.mkdir()
    command = ["/usr/bin/env", "-C", str(work), sys.executable, "-c", COPY, *map(str, files)]
    return _as_printed(measure(command, {}, work / "log"), work)


def landing(work: Path, home: Path, hour: datetime) -> Measured:
    """Measure landing the one file of this hour into an empty lake, in a new folder, without its imports."""
    work.mkdir()
    command = ["/usr/bin/env", "-C", str(work), sys.executable, "-c", LAND, str(home), f"{hour:%Y-%m-%dT%H}"]
    return _as_printed(measure(command, {"PYTHONPATH": str(PROJECT)}, work / "log"), work)


def _as_printed(run: Measured, work: Path) -> Measured:
    """With the seconds that the script printed, which are those without its imports."""
    return replace(run, wall_s=float((work / "log").read_text().split()[-1]))


def differences(home: Path, hour: datetime, hours: int, pandas_work: Path | None, bare_work: Path) -> list[str]:
    """What the contestants do not agree about, to the last digit; nothing if they agree.

    pandas is compared in row counts and sums of every mart, the bare script in what is compensated. Its other columns differ in name.
    """
    ours = published_sums(home, hour, hours)
    said = []
    if pandas_work:
        theirs = json.loads((pandas_work / "log").read_text().splitlines()[-1])
        said += [f"pandas, {mart}: {theirs[mart]}, ours {ours[mart]}" for mart in ours if theirs[mart] != ours[mart]]
    [bare_sums] = duckdb.execute(
        f"select count(*), sum(cost), sum(payout_usd) from read_parquet('{bare_work / 'compensations.parquet'}')"
    ).fetchall()
    bare_made = [int(bare_sums[0]), *(_pico(value) for value in bare_sums[1:])]
    if bare_made != ours["fct_compensations"][:3]:
        said.append(f"bare script: {bare_made}, ours {ours['fct_compensations'][:3]}")
    return said


def published_sums(home: Path, hour: datetime, hours: int) -> dict[str, list[int]]:
    """Of each published mart its number of rows and the sums of its figures over the days of these hours; money in 1e-12 USD."""
    first, last = hour.date() - timedelta(days=1), (hour + timedelta(hours=hours)).date()
    sums = {}
    for mart, columns in SUMMED.items():
        figures = ", ".join(f"sum({column})" for column in columns)
        query = f"select count(*), {figures} from {mart} where request_date between date '{first}' and date '{last}'"
        _, [row] = answer(home, query)
        sums[mart] = [int(row[0])] + [
            _pico(value) if name.endswith("_usd") else int(value or 0)
            for name, value in zip(columns, row[1:], strict=True)
        ]
    return sums


def _pico(value: Decimal | None) -> int:
    return int((value or Decimal(0)) * 10**12)
