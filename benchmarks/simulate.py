"""Measures `makegood simulate`, which compares another policy with what was paid, over ten million published requests.

One real hour is run, and its rows of fct_requests, the only table that a simulation reads, are then copied to further hours.
"""

import argparse
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.measuring import Measured, measure
from benchmarks.runs import run_hour
from makegood.generation.gateway import generate
from makegood.home import publications_file
from makegood.policy.seeds import SEEDS
from makegood.publication.publications import Publications
from makegood.publication.reading import contents
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach, head_snapshot

HOUR = datetime(2026, 9, 1)
A_RUN = 100_000
"""Number of requests in the hour that is run."""
ALLOWED_S = 60
# A latency baseline is set, so that the rules on latency_ratio are evaluated too.
COPY = """
insert into fct_requests
select * replace (
    concat(request_id, '-', $number) as request_id,
    requested_at + to_hours($number) as requested_at,
    cast(requested_at + to_hours($number) as date) as request_date,
    extract(hour from requested_at + to_hours($number)) as request_hour,
    4000 + 10 * output_tokens as latency_baseline_ms
)
from fct_requests
where requested_at >= $start and requested_at < $start + interval 1 hour
"""


def main() -> int:
    """Print time and memory. Return 1 if --check is given and it took more than a minute, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="makegood-bench-") as folder:
        hours = fill(Path(folder), arguments.rows)
        simulated = simulate(Path(folder), hours)
        said = (Path(folder) / "log").read_text().split("\n")
    print(next(line for line in said if line.startswith("Of ")))
    print(f"simulating over {arguments.rows:,} requests")
    print(f"  {simulated.wall_s:6.1f} s   {simulated.peak_mib:6,} MiB   (allowed {ALLOWED_S} s)")
    return int(arguments.check and simulated.wall_s > ALLOWED_S)


def fill(home: Path, rows: int) -> int:
    """Publish at least `rows` requests, and return over how many hours they are spread."""
    generate(home / "landing", HOUR, 1, A_RUN, 7, is_steady=True)
    run_hour(home, HOUR)
    with connect() as con:
        attach(con, home / "warehouse", read_only=False)
        [(count,)] = con.execute("select count(*) from fct_requests where requested_at >= ?", [HOUR]).fetchall()
        hours: int = -(-rows // count)
        for number in range(1, hours):
            con.execute(COPY, {"number": number, "start": HOUR})
        record = Publications(publications_file(home / "warehouse"))
        try:
            record.publish(head_snapshot(con), "bench", contents(con), None)
        finally:
            record.close()
    return hours


def simulate(home: Path, hours: int) -> Measured:
    """Simulate the shipped rules with a changed rate, threshold and cap, in a separate process."""
    rules = (SEEDS / "compensation_rules.csv").read_text()
    for before, after in (
        ("latency_ratio,>=,2,", "latency_ratio,>=,1.5,"),
        (",0.2500,5,", ",0.3000,4,"),
        (">=,600000", ">=,500000"),
    ):
        assert before in rules, f"the shipped rules hold no {before}"
        rules = rules.replace(before, after)
    (home / "candidate.csv").write_text(rules)
    makegood = str(Path(sys.executable).with_name("makegood"))
    bounds = ["--from", f"{HOUR:%Y-%m-%dT%H}", "--to", f"{HOUR + timedelta(hours=hours):%Y-%m-%dT%H}"]
    command = [
        makegood,
        "simulate",
        "--rules",
        str(home / "candidate.csv"),
        *bounds,
        "--out",
        str(home / "out.parquet"),
    ]
    return measure(command, {"MAKEGOOD_HOME": str(home)}, home / "log")


if __name__ == "__main__":
    sys.exit(main())
