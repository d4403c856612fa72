"""Fills a home with many compensated requests, straight into the warehouse's own tables. What is measured on it is in page.py.

The tables are made by a real run of one small hour; then each day is inserted as one file, as the daily maintenance leaves it.
"""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.hourly import run_hour
from orchestration.duck import connect
from orchestration.generation.gateway import generate
from orchestration.publication.publications import Publications
from orchestration.publication.reading import contents, publications_file
from orchestration.warehouse import attach, head_snapshot

FIRST = datetime(2026, 8, 1)
ACCOUNTS = 1_000
MODELS = 40

# A day's compensated requests in the order of time. Everything about a row comes from a hash of its number.
DAY = """
create or replace temp table day as
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
    sha256('bench|' || requested_at || i) as compensation_id,
    'bench' as source,
    'req_' || to_hex(h) as request_id,
    'acct_' || lpad(account_number::varchar, 4, '0') as account_id,
    requested_at,
    requested_at::date as request_date,
    extract(hour from requested_at)::integer as request_hour,
    'vendor-' || model_number % 9 || '/model-' || lpad(model_number::varchar, 2, '0') as model,
    'vendor-' || model_number % 9 as provider,
    case when kind < 55 then 'unsatisfactory_content' when kind < 80 then 'service_failure' else 'high_latency' end as compensation_type,
    case when kind < 55 then 'UC-1' when kind < 80 then 'SF-1' else 'HL-4' end as rule_id,
    '1' as policy_version,
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
    cost_usd - payout_usd as net_cost_usd,
    '{"headers":{"x-request-id":"' || h || '"},"context":{"route":"/v1/chat/completions"},"region":"us-east-1"}' as meta,
from priced
"""
INSERTS = (
    "insert into fct_compensations by name from day",
    """
    insert into fct_requests by name
    select
        * exclude (compensation_id, net_cost_usd, meta),
        'reported' as cost_source,
        finish_reason = 'error' as is_error,
        'compensated' as reason_code,
        requested_at as landed_hour,
        'bench' as landing_file,
        1 as landing_line,
    from day
    """,
    """
    insert into fct_request_hours by name
    select
        request_date,
        request_hour,
        date_trunc('hour', requested_at) as hour_at,
        count(*) as landed_count,
        count(*) as current_count,
        0 as superseded_count,
        'bench' as input_digest,
        'bench' as policy_digest,
        'bench' as compensation_digest,
    from day group by all
    """,
    """
    insert into mart_compensation_hourly by name
    select
        request_date,
        request_hour,
        date_trunc('hour', requested_at) as hour_at,
        compensation_type,
        model,
        count(*) as compensation_count,
        sum(payout_usd) as payout_usd,
        sum(cost_usd) as cost_usd,
        sum(net_cost_usd) as net_cost_usd,
    from day group by all
    """,
    """
    insert into mart_compensation_by_account_daily by name
    select
        request_date,
        account_id,
        compensation_type,
        model,
        count(*) as compensation_count,
        sum(payout_usd) as payout_usd,
        sum(cost_usd) as cost_usd,
        sum(net_cost_usd) as net_cost_usd,
    from day group by all
    """,
)


def fill(home: Path, rows: int, days: int) -> datetime:
    """Fill the home, unless it is filled already, and publish it; returns the end of its data."""
    end = FIRST + timedelta(days=days)
    if (home / "filled").exists():
        return end
    generate(home / "landing", FIRST - timedelta(hours=1), 1, 500, 7)
    run_hour(home, FIRST - timedelta(hours=1))
    with connect() as con:
        attach(con, home / "warehouse", read_only=False)
        for number in range(days):
            insert_day(con, FIRST + timedelta(days=number), rows // days)
        publish(con, home)
    (home / "filled").touch()
    return end


def insert_day(con: duckdb.DuckDBPyConnection, day: datetime, rows: int) -> None:
    """One day's rows into every table that the page reads, as one snapshot."""
    con.execute(DAY, {"day": day, "rows": rows, "models": MODELS, "accounts": ACCOUNTS})
    con.execute("begin")
    for insert in INSERTS:
        con.execute(insert)
    con.execute("commit")


def publish(con: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Move readers to what is in the warehouse now."""
    record = Publications(publications_file(home / "warehouse"))
    try:
        record.publish(head_snapshot(con), "bench", contents(con), None)
    finally:
        record.close()
