"""`make bench`: measures everything in one run, prints one table, and writes it to results.md with the machine and the commit."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import figures, long_figures
from benchmarks.figures import Place, Sizes
from benchmarks.table import RESULTS, Row, text, write

GROUPS: dict[str, Callable[[Place], list[Row]]] = {
    "landing": figures.landing,
    "empty": figures.empty,
    "hour": figures.hour,
    "range": figures.hours,
    "empty-range": long_figures.empty_hours,
    "year": long_figures.year,
    "settlement": long_figures.settlement,
}
SIZES = {
    "rows": "requests of the large hour; the range has half as many in each of six hours",
    "repeat": "how often single hours are run, of which the median counts",
    "empty_hours": "length of the range without data",
    "year_hours": "length of the range of few requests",
    "year_rows": "requests in each hour of that range",
    "compensations": "compensated requests in the large day that is settled",
    "settled_days": "days that are settled one after another",
}


def main() -> int:
    """Print the table and write it to a file. Return 1 if the contestants differ, or if --check is given and a limit is not met, else 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    for name, meaning in SIZES.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(Sizes, name), help=meaning)
    parser.add_argument(
        "--figures", nargs="+", choices=GROUPS, default=list(GROUPS), metavar="GROUP", help=f"of {', '.join(GROUPS)}"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file that is written")
    parser.add_argument("--check", action="store_true", help="exit 1 if a limit is not met")
    arguments = parser.parse_args()
    sizes = Sizes(**{name: getattr(arguments, name) for name in SIZES})
    with tempfile.TemporaryDirectory(prefix="makegood-bench-") as folder:
        place = Place(Path(folder), sizes)
        rows: list[Row] = []
        for name in arguments.figures:
            print(f"measuring: {name}", file=sys.stderr, flush=True)
            rows += GROUPS[name](place)
            # What took an hour to measure is kept even if a later figure fails.
            write(arguments.results, rows, place.sections, " ".join(["python -m benchmarks", *sys.argv[1:]]))
    print(text(rows))
    for difference in place.differences:
        print(f"DIFFERENT: {difference}")
    is_missed = any(row.is_met is False for row in rows)
    return int(bool(place.differences) or (arguments.check and is_missed))


if __name__ == "__main__":
    sys.exit(main())
