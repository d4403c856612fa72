"""Scratch homes for the models' tests: deliveries to a run.duckdb, dbt in process, and its compiled SQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from dbt.cli.main import dbtRunnerResult
from dbt_here import dbt, failures

from makegood.ingestion.lake_parts import MERGE_REACH
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach

ROOT = Path(__file__).parents[1]

DELIVERY_COLUMNS = {
    "source": "varchar",
    "request_id": "varchar",
    "trace_id": "varchar",
    "gateway_call_id": "varchar",
    "account_id": "varchar",
    "api_key_ref": "varchar",
    "operation": "varchar",
    "native_operation": "varchar",
    "requested_at": "timestamp",
    "completed_at": "timestamp",
    "model": "varchar",
    "model_served": "varchar",
    "provider": "varchar",
    "input_tokens": "bigint",
    "output_tokens": "bigint",
    "cached_tokens": "bigint",
    "reasoning_tokens": "bigint",
    "cache_write_tokens": "bigint",
    "cache_write_1h_tokens": "bigint",
    "cost_usd": "decimal(18, 12)",
    "cost_basis": "varchar",
    "list_cost_usd": "decimal(18, 12)",
    "discount_usd": "decimal(18, 12)",
    "cache_hit": "boolean",
    "latency_ms": "bigint",
    "ttft_ms": "bigint",
    "streamed": "boolean",
    "cancelled": "boolean",
    "finish_reason": "varchar",
    "native_finish_reason": "varchar",
    "has_answer": "boolean",
    "is_answer_withheld": "boolean",
    "status_code": "varchar",
    "error_code": "varchar",
    "error_message": "varchar",
    "error_origin": "varchar",
    "max_output_tokens": "bigint",
    "meta": "varchar",
    "landed_hour": "timestamp",
    "landing_file": "varchar",
    "landing_line": "bigint",
    "request_date": "date",
    "request_hour": "integer",
    "request_key": "varchar",
    "needs_overlap": "boolean",
    "key_hash": "ubigint",
    "id_hash": "ubigint",
}
REQUEST_HOURS = """create table {database}.request_hours (
    request_date date, request_hour integer, landed_count bigint, input_digest varchar, policy_digest varchar,
    baseline_digest varchar
)"""
LANDING_FILES = """create table {database}.landing_files (
    landing_file varchar, source varchar, adapter varchar, landed_hour timestamp, size_bytes bigint,
    content_digest varchar, records_read bigint, landed_count bigint, ignored_count bigint, quarantined_count bigint
)"""
ASSESSMENT_COLUMNS = {
    "source": "varchar",
    "request_id": "varchar",
    "requested_at": "timestamp",
    "detector": "varchar",
    "detector_version": "varchar",
    "verdict": "varchar",
    "score": "decimal(5, 4)",
    "category": "varchar",
    "evidence": "varchar",
    "assessed_at": "timestamp",
    "landed_hour": "timestamp",
    "landing_file": "varchar",
    "landing_line": "bigint",
    "account_id": "varchar",
    "request_key": "varchar",
    "key_hash": "ubigint",
    "id_hash": "ubigint",
    "request_date": "date",
    "request_hour": "integer",
}

LEDGER = """create table {database}.ledger_batches (
    batch_id bigint, settled_date date, posted_at timestamp, entry_count bigint, amount_usd decimal(38, 12),
    closed_until date, batch_digest varchar
);
create table {database}.ledger_entries (
    entry_id varchar, compensation_id varchar, account_id varchar, entry_type varchar, amount_usd decimal(18, 12),
    request_date date, settled_date date, reason varchar, policy_version varchar, adjusts_entry_id varchar, batch_id bigint,
    posted_at timestamp, entry_digest varchar
);
insert into {database}.ledger_batches values (1, '2026-11-03', '2026-11-03 08:00:00', 1, 0.01, '2026-11-02', 'digest');
insert into {database}.ledger_entries values (
    'entry', 'compensation', 'acme', 'payout', 0.01, '2026-11-01', '2026-11-03', 'decided', '1', null, 1, '2026-11-03 08:00:00', 'digest'
)"""
"""A ledger of one batch with one payout."""

Assessment = dict[str, Any]
Delivery = dict[str, Any]


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def delivery(request_id: str, requested_at: datetime, **values: Any) -> Delivery:
    """A delivery that is plain, billed and fast unless `values` say otherwise."""
    row: Delivery = dict.fromkeys(DELIVERY_COLUMNS)
    row |= {
        "source": "gateway",
        "request_id": request_id,
        "account_id": "acme",
        "operation": "chat",
        "requested_at": requested_at,
        "model": "openai/gpt-4o",
        "input_tokens": 100,
        "output_tokens": 50,
        "cached_tokens": 0,
        "cost_usd": "0.01",
        "cost_basis": "billed",
        "latency_ms": 1000,
        "finish_reason": "stop",
        "is_answer_withheld": False,
        "status_code": "200",
        "meta": "{}",
        "landed_hour": hour_of(requested_at),
        "landing_file": "landing/gateway/file.jsonl",
        "landing_line": 1,
        "needs_overlap": False,
    }
    row |= values
    row["request_date"] = row["requested_at"].date()
    row["request_hour"] = row["requested_at"].hour
    row["request_key"] = row["request_key"] or key_of(request_id, row["account_id"], row["source"])
    if row["key_hash"] is None:
        row["key_hash"] = sum(ord(letter) * 31**i for i, letter in enumerate(row["request_key"])) % 2**63
    return row


def key_of(request_id: str, account_id: str = "acme", source: str = "gateway") -> str:
    """A request's key, spelled out: the models compare keys and never look into them."""
    return f"{source}|{account_id}|{request_id}"


def assessment(request_id: str, request_hour: datetime, **values: Any) -> Assessment:
    """A judge's verdict, two hours later, that an answer of that hour was unsatisfactory, unless `values` say otherwise."""
    row: Assessment = dict.fromkeys(ASSESSMENT_COLUMNS)
    row |= {
        "source": "gateway",
        "request_id": request_id,
        "detector": "judge",
        "detector_version": "1",
        "verdict": "unsatisfactory",
        "score": "0.95",
        "assessed_at": request_hour + timedelta(hours=2),
        "landed_hour": request_hour + timedelta(hours=2),
        "landing_file": "landing/assessments/file.jsonl",
        "landing_line": 1,
        "request_date": request_hour.date(),
        "request_hour": request_hour.hour,
    }
    row |= values
    row["request_key"] = row["request_key"] or key_of(row["request_id"], row["account_id"] or "acme", row["source"])
    return row


def input_deliveries(deliveries: Iterable[Delivery], hours: Iterable[datetime]) -> list[Delivery]:
    """What landing hands to a run over `hours`: their deliveries, and the neighbours that share a key with those."""
    window = set(hours)
    rows = list(deliveries)
    inside = [row for row in rows if hour_of(row["requested_at"]) in window]
    return inside + [
        row
        for row in rows
        if hour_of(row["requested_at"]) not in window
        and any(
            row["request_key"] == other["request_key"]
            and abs(hour_of(row["requested_at"]) - hour_of(other["requested_at"])) <= MERGE_REACH
            for other in inside
        )
    ]


def write_run(
    con: duckdb.DuckDBPyConnection,
    database: str,
    deliveries: list[Delivery],
    hours: Iterable[datetime],
    assessments: Iterable[Assessment] = (),
) -> None:
    """Fill the relations of `run` in an attached, empty database."""
    _fill(con, f"{database}.request_logs", DELIVERY_COLUMNS, deliveries)
    _fill(con, f"{database}.content_assessments", ASSESSMENT_COLUMNS, list(assessments))
    con.execute(REQUEST_HOURS.format(database=database))
    con.execute(f"create table {database}.baseline_days (baseline_date date)")
    con.execute(f"create view {database}.baseline_logs as select * from {database}.request_logs")
    con.execute(LANDING_FILES.format(database=database))
    con.execute(LEDGER.format(database=database))
    for day in sorted({hour.date() for hour in hours}):
        con.execute(f"insert into {database}.baseline_days values (?)", [day])
    for hour in sorted(set(hours)):
        landed = sum(hour_of(row["requested_at"]) == hour for row in deliveries)
        con.execute(
            f"insert into {database}.request_hours values (?, ?, ?, 'inputs', 'policy', 'baselines')",
            [hour.date(), hour.hour, landed],
        )


def _fill(con: duckdb.DuckDBPyConnection, relation: str, columns: dict[str, str], rows: list[dict[str, Any]]) -> None:
    con.execute(f"create table {relation} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
    if rows:
        places = f"({', '.join('?' for _ in columns)})"
        values = [value for row in rows for value in row.values()]
        con.execute(f"insert into {relation} values {', '.join([places] * len(rows))}", values)


class Home:
    """A MAKEGOOD_HOME that dbt builds into."""

    def __init__(self, path: Path, target: Path, project: Path = ROOT / "dbt_project") -> None:
        self.path, self.target, self.project = path, target, project
        self.warehouse = path / "warehouse"

    def empty(self) -> None:
        """Start over with a run that has nothing to derive."""
        shutil.rmtree(self.path, ignore_errors=True)
        (self.warehouse / "data").mkdir(parents=True)
        self.prepare([], [])

    def prepare(
        self, deliveries: Iterable[Delivery], hours: Iterable[datetime], assessments: Iterable[Assessment] = ()
    ) -> None:
        """Write run.duckdb for a run over `hours` of everything that was ever delivered."""
        hours = list(hours)
        (self.warehouse / "run.duckdb").unlink(missing_ok=True)
        with duckdb.connect() as con:
            con.execute(f"attach '{self.warehouse / 'run.duckdb'}' as run")
            rows = input_deliveries(deliveries, hours)
            write_run(con, "run", rows, hours, assessments)
            con.execute(
                """insert into run.landing_files
                select landing_file, source, 'canonical', landed_hour, 1, 'digest', count(*), count(*), 0, 0
                from run.request_logs group by landing_file, source, landed_hour"""
            )

    def dbt(self, *arguments: str) -> dbtRunnerResult:
        """Run dbt in this process; every invocation opens its files anew."""
        return dbt(self.path, *arguments, target=self.target, project=self.project)

    def build(
        self, deliveries: Iterable[Delivery], hours: Iterable[datetime], assessments: Iterable[Assessment] = ()
    ) -> None:
        """Derive `hours` as the hourly run does."""
        self.prepare(deliveries, hours, assessments)
        result = self.dbt("build", "--exclude-resource-type", "unit_test")
        assert result.success, failures(result)

    def open(self) -> duckdb.DuckDBPyConnection:
        """A reader of the warehouse, where tables go by their plain names."""
        con = connect()
        attach(con, self.warehouse)
        return con

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.open() as con:
            return con.execute(sql).fetchall()

    def relations(self, kind: str = "%") -> list[str]:
        """Names of what the warehouse holds: `BASE TABLE`, `VIEW`, or both."""
        return [
            name
            for (name,) in self.query(
                "select table_name from information_schema.tables"
                f" where table_catalog = 'makegood' and table_type like '{kind}' order by table_name"
            )
        ]

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table and view, in order."""
        names = self.relations()
        with self.open() as con:
            return {name: con.execute(f"select * from {name} order by all").fetchall() for name in names}
