"""The rows of the table about one run: landing, an empty hour, an hour of requests, a range of hours, and what they take of memory."""

import shutil
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from benchmarks import contestants
from benchmarks.empty_hour import (
    ALLOWED_FIRST_S,
    ALLOWED_S,
    broken_down,
    empty_hour,
    nodes_text,
    text,
    typical_breakdown,
)
from benchmarks.measuring import Measured, typical
from benchmarks.runs import run_hour
from benchmarks.spans import PARTS, Breakdown
from benchmarks.table import Row, at_most
from makegood.generation.gateway import generate

HOUR = datetime(2026, 9, 1)
SEED = 7
RANGE_HOURS = 6
NODES_SHOWN = 12
LANDING_RATIO, HOUR_RATIO, HOUR_FIXED_S, RANGE_SHARE = 2.0, 1.5, 6.0, 0.7
HOUR_MIB, RANGE_MIB = 1536, 2560


@dataclass(frozen=True)
class Sizes:
    """How large the measured runs are, and how often those of single hours are repeated."""

    rows: int = 1_000_000
    repeat: int = 3
    empty_hours: int = 720
    year_hours: int = 8_760
    year_rows: int = 1_000
    compensations: int = 1_000_000
    settled_days: int = 365


class Place:
    """A temporary folder with what several figures share: the hour's log file, and a home that has run two empty hours."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self.folder, self.sizes = folder, sizes
        self.sections: dict[str, str] = {}
        self.differences: list[str] = []

    @cached_property
    def logs(self) -> Path:
        """A landing area with the hour's one file."""
        generate(self.folder / "logs", HOUR, 1, self.sizes.rows, SEED, is_steady=True)
        return self.folder / "logs"

    @cached_property
    def file(self) -> Path:
        """The hour's file."""
        [file] = hour_folder(self.logs, HOUR).iterdir()
        return file

    @cached_property
    def empty(self) -> tuple[list[Breakdown], list[Breakdown]]:
        """An empty hour in each of several new homes, and further empty hours in the first of them."""
        repeat = range(self.sizes.repeat)
        first = [empty_hour(self.folder / f"new-{number}", HOUR - timedelta(hours=48)) for number in repeat]
        usual = [empty_hour(self.folder / "new-0", HOUR - timedelta(hours=47 - number)) for number in repeat]
        return first, usual

    def home(self, name: str) -> Path:
        """A home of its own that has run empty hours, so that its warehouse exists and the dbt project is parsed."""
        assert self.empty
        home = self.folder / name
        shutil.copytree(self.folder / "new-0", home)
        return home


def landing(place: Place) -> list[Row]:
    """Landing the hour's file, beside a plain copy of it to Parquet. What both import first is not measured."""
    ours, bare = [], []
    home = place.folder / "landing-home"
    shutil.copytree(place.logs, home / "landing")
    for number in range(place.sizes.repeat):
        bare.append(contestants.bare_copy(place.folder / f"copy-{number}", [place.file]))
        ours.append(contestants.landing(place.folder / f"land-{number}", home, HOUR))
    land_s, copy_s = typical(ours).wall_s, typical(bare).wall_s
    return [
        Row(
            f"landing {place.sizes.rows:,} lines", "s", land_s, copy_s, None, land_s / copy_s,
            f"≤ {LANDING_RATIO:g} x bare copy", land_s <= LANDING_RATIO * copy_s,
        )
    ]  # fmt: skip


def empty(place: Place) -> list[Row]:
    """An hour without data."""
    first, usual = (typical_breakdown(runs) for runs in place.empty)
    place.sections["Where an empty hour goes"] = f"{text(first, usual)}\n\n{nodes_text(usual.nodes)}"
    return [
        at_most("an empty hour", "s", usual.wall_s, ALLOWED_S),
        at_most("an empty hour, first in a new home", "s", first.wall_s, ALLOWED_FIRST_S),
    ]


def hour(place: Place) -> list[Row]:
    """An hour of requests, from landing to publication, beside both scripts over the same file."""
    runs: dict[str, list[Measured]] = {"ours": [], "bare": [], "pandas": []}
    traced = []
    for number in range(place.sizes.repeat):
        runs["bare"].append(contestants.bare(place.folder / f"bare-{number}", HOUR, [place.file]))
        runs["pandas"].append(contestants.pandas(place.folder / f"pandas-{number}", HOUR, [place.file]))
        home = place.home(f"hour-{number}")
        shutil.copytree(place.logs, home / "landing", dirs_exist_ok=True)
        spans = home / "hour-spans.jsonl"
        runs["ours"].append(run_hour(home, HOUR, spans=spans))
        traced.append(broken_down(spans, runs["ours"][-1]))
    ours, bare, pandas = (typical(runs[name]) for name in ("ours", "bare", "pandas"))
    place.differences += contestants.differences(
        place.folder / "hour-0", HOUR, 1, place.folder / "pandas-0", place.folder / "bare-0"
    )
    place.sections[f"Where an hour of {place.sizes.rows:,} requests goes"] = spent(typical_breakdown(traced))
    allowed = HOUR_RATIO * bare.wall_s + HOUR_FIXED_S
    figure = f"an hour of {place.sizes.rows:,} requests"
    return [
        Row(
            f"{figure}, landing to publication", "s", ours.wall_s, bare.wall_s, pandas.wall_s, ours.wall_s / bare.wall_s,
            f"≤ {HOUR_RATIO:g} x bare + {HOUR_FIXED_S:g} s = {allowed:.1f} s", ours.wall_s <= allowed,
        ),
        replace(
            at_most(f"{figure}, peak memory", "MiB", ours.peak_mib, HOUR_MIB),
            bare=bare.peak_mib, pandas=pandas.peak_mib, ratio=ours.peak_mib / bare.peak_mib,
        ),
    ]  # fmt: skip


def hours(place: Place) -> list[Row]:
    """Several hours as one range, beside the bare script over all of their files at once."""
    rows, logs = place.sizes.rows // 2, place.folder / "range-logs"
    written = generate(logs, HOUR, RANGE_HOURS, rows, SEED, is_steady=True)
    files, lines = [file.path for file in written], sum(file.lines for file in written)
    bare = contestants.bare(place.folder / "bare-range", HOUR + timedelta(hours=RANGE_HOURS - 1), files)
    home = place.home("range")
    shutil.move(logs / "gateway", home / "landing" / "gateway")
    spans = home / "range-spans.jsonl"
    ours = run_hour(home, HOUR, RANGE_HOURS, spans=spans)
    place.differences += contestants.differences(home, HOUR, RANGE_HOURS, None, place.folder / "bare-range")
    figure = f"{RANGE_HOURS} hours of {rows:,} requests as one range"
    place.sections[f"Where {figure} go"] = spent(broken_down(spans, ours))
    ratio = bare.wall_s / ours.wall_s
    return [
        Row(
            figure, "lines/s", lines / ours.wall_s, lines / bare.wall_s, None, ratio, f"≥ {RANGE_SHARE:g} x bare",
            ratio >= RANGE_SHARE,
        ),
        replace(
            at_most(f"{RANGE_HOURS} hours as one range, peak memory", "MiB", ours.peak_mib, RANGE_MIB),
            bare=bare.peak_mib, ratio=ours.peak_mib / bare.peak_mib,
        ),
    ]  # fmt: skip


def hour_folder(landing: Path, hour: datetime) -> Path:
    """Where the files of a landing hour are."""
    return landing / "gateway" / f"{hour:%Y-%m-%d}" / f"{hour:%H}"


def spent(run: Breakdown) -> str:
    """Where the time of one run went, and the slowest of dbt's nodes."""
    lines = [f"{part:34}{run.parts[part]:9.2f} s" for part in PARTS]
    return "\n".join([*lines, f"{'together':34}{run.wall_s:9.2f} s", "", nodes_text(run.nodes[:NODES_SHOWN])])
