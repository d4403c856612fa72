"""`make bench-empty`: where the wall time of a run without any data goes, first in a new home and then in a home that has run before.

What the run does is noted by tracing/sitecustomize.py in the run's own processes, so the measured run is the one that people start.
"""

import argparse
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.measuring import Measured
from benchmarks.runs import run_hour
from benchmarks.spans import PARTS, Breakdown, Node, breakdown, read

HOUR = datetime(2026, 9, 1)
NODES_SHOWN = 60
ALLOWED_S, ALLOWED_FIRST_S = 6, 12


def main() -> int:
    """Print both breakdowns and the nodes of dbt. Return 1 if --check is given and an hour took longer than allowed, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--nodes", type=int, default=NODES_SHOWN, help="how many of dbt's nodes are listed")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="makegood-bench-") as folder:
        first = [empty_hour(Path(folder) / f"new-{number}", HOUR) for number in range(arguments.repeat)]
        home = Path(folder) / "new-0"
        usual = [empty_hour(home, HOUR + timedelta(hours=number + 1)) for number in range(arguments.repeat)]
    first_typical, usual_typical = typical_breakdown(first), typical_breakdown(usual)
    print(text(first_typical, usual_typical))
    print(f"\ndbt's nodes in the home that has run before, the first {arguments.nodes} by their time")
    print(nodes_text(usual_typical.nodes[: arguments.nodes]))
    is_over = usual_typical.wall_s > ALLOWED_S or first_typical.wall_s > ALLOWED_FIRST_S
    return int(arguments.check and is_over)


def empty_hour(home: Path, hour: datetime) -> Breakdown:
    """Run an hour without data in this home, which is created if it does not exist, and say where its time went."""
    home.mkdir(exist_ok=True)
    spans = home / "spans.jsonl"
    spans.unlink(missing_ok=True)
    return broken_down(spans, run_hour(home, hour, spans=spans))


def broken_down(spans: Path, run: Measured) -> Breakdown:
    """Where the time of a run went that noted its spans in this file."""
    return breakdown(read(spans), run.pid, run.begun_s, run.begun_s + run.wall_s)


def typical_breakdown(runs: list[Breakdown]) -> Breakdown:
    """The run whose wall time is the median (of an even number, the lower of the two): its parts add up, as medians of parts would not."""
    return sorted(runs, key=lambda run: run.wall_s)[(len(runs) - 1) // 2]


def text(first: Breakdown, usual: Breakdown) -> str:
    """The table of both runs' parts."""
    lines = [f"{'where an empty hour goes, in seconds':40}{'new home':>10}{'usual':>10}"]
    lines += [f"  {part:38}{first.parts[part]:10.2f}{usual.parts[part]:10.2f}" for part in PARTS]
    lines.append(f"  {'together':38}{first.wall_s:10.2f}{usual.wall_s:10.2f}")
    lines.append("beside it, in other processes")
    names = list(dict.fromkeys([*first.ready, *usual.ready]))
    for name in names:
        values = "".join(f"{run.ready[name]:10.2f}" if name in run.ready else f"{'':10}" for run in (first, usual))
        lines.append(f"  {name:38}{values}")
    if usual.nodes:
        lines.append(
            f"dbt's own overhead is {median(node.overhead_s for node in usual.nodes):.3f} s for a node (median of {len(usual.nodes)})"
        )
    return "\n".join(lines)


def nodes_text(nodes: list[Node]) -> str:
    """The table of dbt's nodes."""
    lines = [f"  {'node':64}{'wall s':>8}{'SQL':>8}{'commit':>8}{'dbt':>8}"]
    lines += [
        f"  {node.name:64}{node.wall_s:8.3f}{node.sql_s:8.3f}{node.commit_s:8.3f}{node.overhead_s:8.3f}"
        for node in nodes
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
