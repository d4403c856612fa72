"""Measures settling a day of a million compensated requests, and the last days of a year against its first days.

The second comparison shows that a longer ledger does not slow settlement down. The warehouse is filled directly, with only
the tables that settlement reads.
"""

import argparse
import sys
import tempfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.measuring import Measured, measure
from makegood.home import Home, publications_file
from makegood.publication.publications import Contents, Publications
from makegood.publication.upkeep import maintain
from makegood.settlement.ledger import Ledger
from makegood.settlement.settling import Terms, settle
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach, head_snapshot

FIRST = date(2025, 1, 1)
UPKEEP_DAYS = 7
ALLOWED_S, ALLOWED_MIB, ALLOWED_RATIO = 30, 2048, 1.2
TABLES = """
create table fct_compensations (
    compensation_id varchar, source varchar, request_id varchar, account_id varchar, requested_at timestamp, request_date date,
    cost_usd decimal(18, 12), payout_usd decimal(18, 12), policy_version varchar
);
alter table fct_compensations set partitioned by (request_date);
create table fct_request_hours (request_date date, hour_at timestamp, compensation_digest varchar);
create table compensation_caps (scope varchar, cap_usd decimal(18, 12), effective_from timestamp, effective_to timestamp);
insert into compensation_caps values
    ('account_day', 400, timestamp '2020-01-01', null), ('account_month', 10000, timestamp '2020-01-01', null);
"""
DECIDE = """
insert into fct_compensations
select
    sha256(concat('gateway|', day::varchar, '-', i)) as compensation_id,
    'gateway' as source,
    concat(day::varchar, '-', i) as request_id,
    concat('account-', i % 5000) as account_id,
    day + interval (i % 86400) second as requested_at,
    day as request_date,
    0.010000000001 as cost_usd,
    0.005000000001 as payout_usd,
    '1' as policy_version,
from (select unnest(generate_series($first::date, $last::date, interval 1 day))::date as day), range($rows) as rows(i);
"""
CLOSE = """
insert into fct_request_hours
select hour_at::date, hour_at, 'decided'
from (select unnest(generate_series($first::timestamp, $last::timestamp + interval 23 hour, interval 1 hour)) as hour_at)
"""
SETTLE = """
import sys
import time
from datetime import date
from pathlib import Path
from benchmarks.settlement import TERMS
from makegood.home import Home
from makegood.settlement.settling import settle
done = settle(Home(Path(sys.argv[1])), date.fromisoformat(sys.argv[2]), TERMS)
print(done.entry_count, done.amount_usd)
print(time.process_time())
"""
TERMS = Terms(timedelta(0), 0, Decimal(0))


class Cost(NamedTuple):
    """What one settlement took."""

    wall_s: float
    cpu_s: float


def main() -> int:
    """Print both results. Return 1 if --check is given and one of them is above its limit, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="compensated requests in the large day")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rows-per-day", type=int, default=10_000, help="compensated requests in each day of the year")
    parser.add_argument("--compared", type=int, default=5, help="days at either end whose median is compared")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="makegood-bench-") as folder:
        large = large_day(Path(folder) / "large", arguments.rows)
        print(f"settling a day of {arguments.rows:,} compensated requests")
        print(f"  {large.wall_s:6.1f} s   {large.peak_mib:6,} MiB   (allowed {ALLOWED_S} s, {ALLOWED_MIB:,} MiB)")
        costs = year(Path(folder) / "year", arguments.days, arguments.rows_per_day, arguments.compared)
    early, late = (typical_cost(days) for days in (costs[: arguments.compared], costs[-arguments.compared :]))
    ratio = late.cpu_s / early.cpu_s
    print(f"settling a day of {arguments.rows_per_day:,}, one after another (median of {arguments.compared})")
    print(f"  first days       {early.wall_s:6.2f} s   {early.cpu_s:6.2f} CPU s")
    print(
        f"  days to {arguments.days:<8} {late.wall_s:6.2f} s   {late.cpu_s:6.2f} CPU s   {ratio:.2f}x   (allowed {ALLOWED_RATIO}x)"
    )
    over = large.wall_s > ALLOWED_S or large.peak_mib > ALLOWED_MIB or ratio > ALLOWED_RATIO
    return int(arguments.check and over)


def large_day(root: Path, rows: int) -> Measured:
    """Measure one settlement of one large day in a separate process."""
    home = made(root)
    decide(home, FIRST, FIRST, rows)
    publish(home, 1)
    return settled(home, FIRST)


def year(root: Path, days: int, rows: int, compared: int) -> list[Cost]:
    """Settle one day after another; return the costs of the first and the last `compared` days, without the very first.

    Only these days are settled in separate processes. Maintenance runs weekly, not daily as in production: without it,
    each day would leave another small file.
    """
    home = made(root)
    costs = []
    for number in range(days):
        day = FIRST + timedelta(days=number)
        decide(home, day, day, rows)
        publish(home, number + 1)
        if number % UPKEEP_DAYS == 0:
            maintain(home)
        if 1 <= number <= compared or number >= days - compared:
            wall_s = settled(home, day).wall_s
            *_, cpu_s = (home.root / "log").read_text().split()
            costs.append(Cost(wall_s, float(cpu_s)))
        else:
            settle(home, day, TERMS)
    return costs


def typical_cost(days: list[Cost]) -> Cost:
    """The medians of wall seconds and of CPU seconds."""
    return Cost(median(day.wall_s for day in days), median(day.cpu_s for day in days))


def made(root: Path) -> Home:
    """Create a home with the tables that settlement reads."""
    home = Home(root).prepare()
    Publications(publications_file(home.warehouse)).close()
    with connect() as con:
        attach(con, home.warehouse, read_only=False)
        con.execute(TABLES)
    return home


def decide(home: Home, first: date, last: date, rows: int) -> None:
    """Insert `rows` decisions on each day from `first` to `last`, and the days' request hours."""
    with connect() as con:
        attach(con, home.warehouse, read_only=False)
        con.execute(DECIDE, {"first": first, "last": last, "rows": rows})
        con.execute(CLOSE, {"first": first, "last": last})


def publish(home: Home, days: int) -> None:
    """Publish the head snapshot as covering the landing hours of the first `days` days."""
    with connect() as con:
        attach(con, home.warehouse)
        snapshot = head_snapshot(con)
    head = Ledger(home.ledger).head()
    start = datetime(FIRST.year, FIRST.month, FIRST.day)
    record = Publications(publications_file(home.warehouse))
    record.publish(
        snapshot,
        "benchmark",
        Contents(None, 0, 0, Decimal(0)),
        (start, start + timedelta(days=days)),
        (head.sequence, head.digest),
    )
    record.close()


def settled(home: Home, day: date) -> Measured:
    """Measure one settlement in a separate process."""
    return measure([sys.executable, "-c", SETTLE, str(home.root), str(day)], {}, home.root / "log")


if __name__ == "__main__":
    sys.exit(main())
