"""Fills a home for page.py with many compensated requests, by inserting them directly into the warehouse's tables.

A real run of one small hour creates the tables. Then the decided requests of each day are generated, and the tables derived from
them are filled by the models' own SQL.
"""

import sys
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.runs import run_hour
from makegood.derivation.dbt_project import compiled
from makegood.generation.gateway import generate
from makegood.home import publications_file
from makegood.publication.publications import Publications
from makegood.publication.reading import contents
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach, head_snapshot

FIRST = datetime(2026, 8, 1)
ACCOUNTS = 1_000
MODELS = 40
DERIVED = (
    "fct_compensations", "fct_request_hours", "fct_requests_hourly", "mart_compensation_hourly",
    "mart_compensation_by_account_daily",
)  # fmt: skip
"""The models derived from a day's requests, in dependency order."""

# A day's compensated requests in time order. All values of a row are derived from a hash of its number, so they are reproducible.
DAY = """
create or replace table memory.day as
with numbered as (
    select
        i,
        hash(i, $day) as h,
        $day::timestamp + to_milliseconds(i * 86400000 // $rows) as requested_at,
    from range($rows) as rows(i)
),

drawn as (
    select
        *,
        1 + floor($models * pow((h % 1009) / 1009.0, 2.2))::integer as model_number,
        1 + floor($accounts * pow((h // 1009 % 10007) / 10007.0, 3))::integer as account_number,
        h // 7919 % 100 as kind,
        20 + (h // 104729 % 60000)::bigint as input_tokens,
        (h // 1299709 % 6000)::bigint as output_tokens,
        300 + (h // 15485863 % 90000)::bigint as latency_ms,
    from numbered
),

priced as (
    select
        *,
        (input_tokens * 3 + output_tokens * 15 + model_number)::decimal(18, 6) * 0.000001::decimal(7, 6) as cost_wide,
    from drawn
)

select
    left(sha256('bench' || h), 32) as request_key,
    'bench' as source,
    'req_' || to_hex(h) as request_id,
    'acct_' || lpad(account_number::varchar, 4, '0') as account_id,
    requested_at,
    requested_at as first_requested_at,
    requested_at + to_milliseconds(latency_ms) as completed_at,
    requested_at::date as request_date,
    extract(hour from requested_at)::integer as request_hour,
    'vendor-' || model_number % 9 || '/model-' || lpad(model_number::varchar, 2, '0') as model,
    'vendor-' || model_number % 9 as provider,
    case when kind < 55 then 'unsatisfactory_content' when kind < 80 then 'service_failure' else 'high_latency' end as compensation_type,
    case when kind < 55 then 'UC-1' when kind < 80 then 'SF-1' else 'HL-4' end as rule_id,
    case when kind < 55 then 'UC-1' when kind < 80 then 'SF-1' else 'HL-4' end as matched_rule_ids,
    input_tokens,
    output_tokens,
    cost_wide::decimal(18, 12) as cost_usd,
    latency_ms,
    latency_ms // 5 as ttft_ms,
    (output_tokens * 1000000000 // latency_ms)::decimal(28, 0) * 0.000001::decimal(7, 6) as throughput_tps,
    case when kind < 55 then 'stop' when kind < 80 then 'error' else 'length' end as finish_reason,
    1 as observed_value,
    1 as threshold_value,
    case when kind < 80 then 1 else 0.1 end as payout_rate,
    case when kind < 80 then cost_wide::decimal(18, 12) else (cost_wide * 0.1::decimal(2, 1))::decimal(18, 12) end as payout_usd,
    requested_at as landed_hour,
    'bench' as landing_file,
    i + 1 as landing_line,
    '{"headers":{"x-request-id":"' || h || '"},"context":{"route":"/v1/chat/completions"},"region":"us-east-1"}' as meta,
from priced
"""
RUN = """
attach ':memory:' as run;
create view run.request_logs as select * from memory.day;
create view run.request_hours as
select request_date, request_hour, count(*) as landed_count, 'bench' as input_digest, 'bench' as policy_digest, 'bench' as baseline_digest
from memory.day group by all;
create table memory.stg_repeated_deliveries (
    request_key varchar, requested_at timestamp, first_requested_at timestamp, request_date date, request_hour integer,
    landed_hour timestamp, landing_file varchar, landing_line bigint, place_ms bigint, home_ms bigint, delivery_number bigint,
    is_current boolean
);
create table memory.typical as select * from makegood.fct_requests where reason_code = 'compensated' limit 1;
"""
"""The inputs of a run that the models expect: deliveries, request hours, and no repeated deliveries. Columns that DAY does not generate are
taken from a real request."""


def fill(home: Path, rows: int, days: int) -> None:
    """Fill the home and publish it, unless it is already filled."""
    if (home / "filled").exists():
        return
    begun = time.perf_counter()
    generate(home / "landing", FIRST - timedelta(hours=1), 1, 500, 7)
    run_hour(home, FIRST - timedelta(hours=1))
    models = compiled(DERIVED)
    with connect() as con:
        attach(con, home / "warehouse", read_only=False)
        con.execute("create table memory.day as select * from makegood.fct_requests limit 0")
        con.execute(RUN)
        for number in range(days):
            insert_day(con, FIRST + timedelta(days=number), rows // days, models)
        publish(con, home)
    (home / "filled").touch()
    print(f"  {rows:,} compensated requests in {megabytes(home):,} MB, made in {time.perf_counter() - begun:.0f} s")


def insert_day(con: duckdb.DuckDBPyConnection, day: datetime, rows: int, models: Mapping[str, str]) -> None:
    """Insert one day's requests and the rows derived from them, in one snapshot."""
    con.execute(DAY, {"day": day, "rows": rows, "models": MODELS, "accounts": ACCOUNTS})
    drawn, known = columns(con, "memory.day"), columns(con, "makegood.fct_requests")
    request = ", ".join(f"{'day' if name in drawn else 'typical'}.{name}" for name in known)
    con.execute("begin")
    con.execute(f"insert into fct_requests by name select {request} from memory.day cross join memory.typical")
    for name in DERIVED:
        con.execute(f"insert into {name} by name {models[name]}")
    con.execute("commit")


def model_name(number: int) -> str:
    """The name of one of the generated models; different for each number below MODELS."""
    return f"vendor-{(number % MODELS + 1) % 9}/model-{number % MODELS + 1:02}"


def columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The names of a table's columns."""
    return [name for name, *_ in con.execute(f"describe {table}").fetchall()]


def publish(con: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Publish the warehouse's head snapshot."""
    record = Publications(publications_file(home / "warehouse"))
    try:
        record.publish(head_snapshot(con), "bench", contents(con), None)
    finally:
        record.close()


def megabytes(home: Path) -> int:
    """Size of the home on disk, in MB."""
    return sum(file.stat().st_size for file in home.rglob("*") if file.is_file()) // 10**6


if __name__ == "__main__":
    fill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
