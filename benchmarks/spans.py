"""Reads what tracing/sitecustomize.py noted of a run, and says where its wall time went.

A run works in several processes at once. Each moment of its wall time is counted once: for the most specific of what happened then.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from makegood.settings import PROJECT

TRACING = PROJECT / "benchmarks" / "tracing"

IMPORTS, DAGSTER, LAND, WINDOW = "imports", "Dagster's instance and events", "landing", "the run's window"
DBT_START, DBT_NODES, COMMITS, DBT_BETWEEN = (
    "dbt's start and parse",
    "dbt's nodes",
    "catalog commits",
    "dbt between its nodes",
)
AUDIT, PUBLICATION, STEPS, REST = "Great Expectations", "publication", "the rest of Dagster's steps", "the rest"
PARTS = (IMPORTS, DAGSTER, LAND, WINDOW, DBT_START, DBT_NODES, COMMITS, DBT_BETWEEN, AUDIT, PUBLICATION, STEPS, REST)
"""Where a run's time goes, in the order of the table."""
IN_MAIN = {"audit": AUDIT, "land": LAND, "window": WINDOW, "publish": PUBLICATION}
"""The kinds of spans of the run's own process, from the least specific part."""
STEP_ENDS = ("STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED")


class Span(NamedTuple):
    """One note: begin and end are seconds of the monotonic clock."""

    pid: int
    kind: str
    name: str
    begin: float
    end: float


@dataclass(frozen=True)
class Node:
    """A model, seed or test of dbt, in seconds: all of it, its SQL without commits, and its commits."""

    name: str
    wall_s: float
    sql_s: float
    commit_s: float

    @property
    def overhead_s(self) -> float:
        """What dbt itself takes."""
        return self.wall_s - self.sql_s - self.commit_s


@dataclass(frozen=True)
class Breakdown:
    """Where the wall time of a run went: seconds by part, which add up to the whole; dbt's nodes; and what was ready when, in seconds."""

    wall_s: float
    parts: dict[str, float]
    nodes: list[Node]
    ready: dict[str, float]


def environment(file: Path) -> dict[str, str]:
    """The environment variables that make a run note its spans in this file."""
    return {"BENCHMARK_SPANS": str(file), "PYTHONPATH": f"{TRACING}:{PROJECT}"}


def read(file: Path) -> list[Span]:
    """All notes in the file."""
    return [Span(*json.loads(line)) for line in file.read_text().splitlines()]


def breakdown(spans: list[Span], main: int, begin: float, end: float) -> Breakdown:
    """Where the time from `begin` to `end` went, in a run whose first process is `main`."""
    commits = [span for span in spans if _is_commit(span)]
    layers: list[tuple[str, Iterable[tuple[float, float]]]] = [
        (STEPS, _steps(spans)),
        (DAGSTER, [_times(span) for span in spans if span.kind == "dagster" and span.pid == main]),
        *_dbt(spans),
        *((part, [_times(span) for span in spans if span.kind == kind and span.pid == main]) for kind, part in IN_MAIN.items()),
        (IMPORTS, [_times(span) for span in spans if span.kind == "import" and span.pid == main]),
        (DBT_NODES, [_times(span) for span in spans if span.kind == "node"]),
        (COMMITS, [_times(span) for span in commits if _is_in_node(span, spans)]),
    ]  # fmt: skip
    parts = dict.fromkeys(PARTS, 0.0) | paint(layers, begin, end)
    parts[REST] = end - begin - sum(parts[part] for part in PARTS if part != REST)
    return Breakdown(end - begin, parts, _nodes(spans), _ready(spans, begin))


def paint(layers: Iterable[tuple[str, Iterable[tuple[float, float]]]], begin: float, end: float) -> dict[str, float]:
    """Seconds of each layer between `begin` and `end` where no later layer covers it."""
    edges: list[tuple[float, int, int]] = []
    names: list[str] = []
    for rank, (name, intervals) in enumerate(layers):
        names.append(name)
        for first, last in intervals:
            first, last = max(first, begin), min(last, end)
            if first < last:
                edges += [(first, rank, 1), (last, rank, -1)]
    seconds: dict[str, float] = defaultdict(float)
    open_spans = [0] * len(names)
    before = begin
    for moment, rank, change in sorted(edges):
        covered = [one for one, count in enumerate(open_spans) if count]
        if covered:
            seconds[names[covered[-1]]] += moment - before
        before = moment
        open_spans[rank] += change
    return dict(seconds)


def _times(span: Span) -> tuple[float, float]:
    return span.begin, span.end


def _is_commit(span: Span) -> bool:
    return span.kind == "sql" and span.name == "commit"


def _is_in_node(span: Span, spans: list[Span]) -> bool:
    return any(node.kind == "node" and node.pid == span.pid and node.begin <= span.begin <= node.end for node in spans)


def _steps(spans: list[Span]) -> list[tuple[float, float]]:
    begun = {span.name: span.begin for span in spans if span.kind == "STEP_START"}
    return [(begun[span.name], span.end) for span in spans if span.kind in STEP_ENDS and span.name in begun]


def _dbt(spans: list[Span]) -> list[tuple[str, list[tuple[float, float]]]]:
    """From the start of each dbt process to its first node, and from there to its end."""
    nodes = sorted(_times(span) for span in spans if span.kind == "node")
    start, between = [], []
    for process in spans:
        if process.kind == "process" and "/makegood-dbt " in process.name:
            first = next((begin for begin, _ in nodes if process.begin <= begin <= process.end), process.end)
            start.append((process.begin, first))
            between.append((first, process.end))
    return [(DBT_BETWEEN, between), (DBT_START, start)]


def _nodes(spans: list[Span]) -> list[Node]:
    """dbt's nodes, the slowest first."""
    nodes = []
    for node in spans:
        if node.kind == "node":
            inside = [
                span for span in spans
                if span.kind == "sql" and span.pid == node.pid and node.begin <= span.begin <= node.end
            ]  # fmt: skip
            commit_s = sum(span.end - span.begin for span in inside if _is_commit(span))
            sql_s = sum(span.end - span.begin for span in inside) - commit_s
            nodes.append(Node(node.name, node.end - node.begin, sql_s, commit_s))
    return sorted(nodes, key=lambda node: -node.wall_s)


def _ready(spans: list[Span], begin: float) -> dict[str, float]:
    """Seconds from the begin until the first step ran, and how long each process that works beside the run imported."""
    ready: dict[str, float] = {}
    steps = [span.begin for span in spans if span.kind == "STEP_START"]
    if steps:
        ready["the first step begins after"] = min(steps) - begin
    parsed = [span.end for span in spans if span.kind == "dbt" and span.name == "parse"]
    if parsed:
        ready["dbt's project is parsed after"] = min(parsed) - begin
    audited = [span.end for span in spans if span.kind == "import" and span.name == "expectations.audit"]
    if audited:
        ready["Great Expectations is imported after"] = min(audited) - begin
    return ready
