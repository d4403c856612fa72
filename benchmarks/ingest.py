"""Compares landing a million canonical lines with a plain `read_json` to Parquet copy of the same file, in the same run.

The input is a steady hour from `makegood generate`, which is kept in the temp directory for the next time.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

import duckdb

from makegood.generation.gateway import generate
from makegood.home import inventory_file
from makegood.ingestion.finding import find_files
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.landing import land
from makegood.ingestion.sources import ADAPTERS, Source

HOUR = datetime(2026, 1, 5, 3, tzinfo=UTC)
SEED = 7
LIMIT = 3.0


class Usage(NamedTuple):
    """What one run of a contestant took."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def landing_file(rows: int) -> Path:
    """The hour's landing file, generated if it does not exist yet."""
    landing = Path(tempfile.gettempdir()) / f"makegood-bench-{rows}" / "landing"
    if not (landing / "done").exists():
        generate(landing, HOUR, 1, rows, SEED, is_steady=True)
        (landing / "done").touch()
    (file,) = landing.glob("gateway/*/*/*.jsonl.gz")
    return file


def bare_copy(file: Path, target: Path) -> None:
    """Copy the file with `read_json`. Broken lines, which would abort it, are skipped."""
    with duckdb.connect() as con:
        con.execute(
            f"copy (select * from read_json('{file}', ignore_errors = true)) to '{target / 'bare.parquet'}' (format parquet)"
        )


def landed(file: Path, target: Path) -> None:
    """Land the file in an empty lake."""
    home = file.parents[4]
    source = Source("gateway", ADAPTERS / "canonical.sql", str(home / "landing/gateway/{date}/{hour}/*"))
    inventory = Inventory(inventory_file(target))
    (version,) = land(find_files([source], [HOUR.replace(tzinfo=None)], home), target, inventory)
    inventory.close()
    print(f"{version.records_read:,} records read, {version.landed_count:,} landed", file=sys.stderr)


CONTESTANTS: dict[str, Callable[[Path, Path], None]] = {"bare copy": bare_copy, "land": landed}


def measure(name: str, file: Path) -> Usage:
    """Run one contestant in a separate process."""
    command = [sys.executable, __file__, "--only", name, "--file", str(file)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Usage._make(map(float, printed.split()))


def run_once(name: str, file: Path) -> None:
    """Run one contestant in this process and print its wall seconds, CPU seconds and peak memory in MiB."""
    with tempfile.TemporaryDirectory() as target:
        before, used_before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
        CONTESTANTS[name](file, Path(target))
        used = resource.getrusage(resource.RUSAGE_SELF)
        wall = time.perf_counter() - before
    cpu = used.ru_utime + used.ru_stime - used_before.ru_utime - used_before.ru_stime
    print(wall, cpu, used.ru_maxrss / 1024)


def main() -> int:
    """Print the table. Return 1 if --check is given and landing took more than three times the bare copy, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="calls in the hour")
    parser.add_argument("--repeat", type=int, default=3, help="how often each runs, in turns")
    parser.add_argument("--check", action="store_true", help=f"exit 1 above {LIMIT:.0f} times the bare copy")
    parser.add_argument("--only", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        run_once(arguments.only, arguments.file)
        return 0
    file = landing_file(arguments.rows)
    figures: dict[str, list[Usage]] = {name: [] for name in CONTESTANTS}
    for _ in range(arguments.repeat):
        for name in CONTESTANTS:
            figures[name].append(measure(name, file))
    print(f"{'':10} {'wall s (each)':>22} {'median':>7} {'CPU s':>7} {'peak MiB':>9}")
    for name, usages in figures.items():
        wall_s, cpu_s = median(one.wall_s for one in usages), median(one.cpu_s for one in usages)
        each = " ".join(f"{one.wall_s:.2f}" for one in usages)
        print(f"{name:10} {each:>22} {wall_s:7.2f} {cpu_s:7.2f} {max(one.peak_mib for one in usages):9.0f}")
    ratio = median(one.wall_s for one in figures["land"]) / median(one.wall_s for one in figures["bare copy"])
    print(f"landing takes {ratio:.2f} times the bare copy (limit {LIMIT:.0f})")
    return int(arguments.check and ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
