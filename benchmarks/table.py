"""The one table of the benchmarks: its rows, how they are printed, and the file that keeps them with the machine and the commit."""

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas
import psutil

from makegood.settings import PROJECT

RESULTS = PROJECT / "benchmarks" / "results.md"
PROFILE = PROJECT / "benchmarks" / "profile.md"
"""The text on the slowest steps, which is kept by hand and becomes part of the results."""
COLUMNS = ("figure", "ours", "bare script", "pandas", "ratio", "limit", "met")


@dataclass(frozen=True)
class Row:
    """One figure. Numbers have the row's unit, `ratio` is a share without a unit, and `limit` says in words what `is_met` compared.

    `is_met` is None for a figure that is only reported.
    """

    figure: str
    unit: str
    ours: float
    bare: float | None = None
    pandas: float | None = None
    ratio: float | None = None
    limit: str = ""
    is_met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """The row as the table shows it."""
        met = {True: "yes", False: "NO", None: ""}[self.is_met]
        numbers = (_number(value, self.unit) for value in (self.ours, self.bare, self.pandas))
        return (self.figure, *numbers, "" if self.ratio is None else f"{self.ratio:.2f}x", self.limit, met)


def at_most(figure: str, unit: str, ours: float, limit: float) -> Row:
    """A figure with a limit of its own."""
    return Row(figure, unit, ours, limit=f"≤ {_number(limit, unit)}", is_met=ours <= limit)


def text(rows: list[Row]) -> str:
    """The table for a terminal."""
    lines = [COLUMNS, *(row.cells() for row in rows)]
    widths = [max(len(line[number]) for line in lines) for number in range(len(COLUMNS))]
    said = [
        "  ".join(cell.ljust(width) if number in (0, 5) else cell.rjust(width) for number, (cell, width) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    ]  # fmt: skip
    return "\n".join(line.rstrip() for line in [said[0], "-" * len(said[0]), *said[1:]])


def markdown(rows: list[Row]) -> str:
    """The table in Markdown."""
    lines = [COLUMNS, ("---", "---:", "---:", "---:", "---:", "---", "---"), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(file: Path, rows: list[Row], sections: dict[str, str], command: str) -> None:
    """Write the results: where they were measured, the table, what else the run printed, and the text on the slowest steps."""
    parts = [
        "# Results of the benchmarks",
        f"Written by `{command}`. Times are medians unless a row says otherwise; limits that are not met say NO.",
        machine(),
        markdown(rows),
        *(f"## {title}\n\n```\n{printed}\n```" for title, printed in sections.items()),
        *([PROFILE.read_text().strip()] if PROFILE.exists() else []),
    ]
    file.write_text("\n\n".join(parts) + "\n")


def machine() -> str:
    """The machine, the versions, the commit and the time, one a line."""
    said = {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "system": platform.platform(terse=True),
        "Python, DuckDB, pandas": f"{platform.python_version()}, {duckdb.__version__}, {pandas.__version__}",
        "commit": _commit(),
        "measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }
    return "\n".join(f"- {name}: {value}" for name, value in said.items())


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "s":
        return f"{value:.1f} s" if value >= 10 else f"{value:.2f} s"
    return f"{value:,.0f} {unit}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _commit() -> str:
    """The commit, and whether the files differ from it."""
    try:
        command = ["git", "-C", str(PROJECT), "describe", "--always", "--abbrev=12", "--dirty=, with changes"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
