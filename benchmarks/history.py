"""Compares an hour's run after 30 days of history with the same hour in an empty warehouse: history must not slow a run down."""

import argparse
import shutil
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.hourly import run_hour
from benchmarks.measuring import typical
from makegood.generation.gateway import generate

FIRST = datetime(2026, 10, 1)
ALLOWED = 1.15


def main() -> int:
    """Print both times and their ratio. Return 1 if --check is given and the ratio is above 1.15, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rows-per-hour", type=int, default=2_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    hours = arguments.days * 24
    measured = FIRST + timedelta(hours=hours)
    with tempfile.TemporaryDirectory(prefix="makegood-bench-") as folder:
        full, empty = Path(folder) / "full", Path(folder) / "empty"
        generate(full / "landing", FIRST, hours + 1, arguments.rows_per_hour, 7, is_steady=True)
        hour = Path("landing") / "gateway" / f"{measured:%Y-%m-%d}" / f"{measured:%H}"
        shutil.copytree(full / hour, empty / hour)
        history = run_hour(full, FIRST, hours)
        print(
            f"{arguments.days} days of {arguments.rows_per_hour:,} requests an hour ran as one range in {history.wall_s:.0f} s"
        )
        run_hour(empty, measured), run_hour(full, measured)
        after, alone = [], []
        for _ in range(arguments.repeat):
            after.append(run_hour(full, measured))
            alone.append(run_hour(empty, measured))
    ratio = typical(after).wall_s / typical(alone).wall_s
    print(f"one hour (median of {arguments.repeat})")
    print(f"  empty warehouse  {typical(alone).wall_s:6.1f} s")
    print(f"  after {arguments.days} days    {typical(after).wall_s:6.1f} s   {ratio:.2f}x   (allowed {ALLOWED}x)")
    return int(arguments.check and ratio > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
