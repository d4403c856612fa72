"""A real warehouse to audit: DuckLake tables and the run's inputs, filled with good data."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

from expectations.audit import audit
from expectations.results import Measurement, SuiteResult
from makegood.storage.connections import connect

DAY, HOUR = date(2026, 11, 10), 3
REQUESTS = 1000

# The columns of a good row: name, type in the model's contract, and SQL over the row's ordinal `i`, date `d` and hour `h`.
HOUR_COLUMNS = (("request_date", "date", "d"), ("request_hour", "integer", "h"))
GOOD = {
    "fct_requests": (
        *HOUR_COLUMNS,
        ("source", "varchar", "'gateway'"),
        ("request_id", "varchar", "'r' || i"),
        ("account_id", "varchar", "'account-' || i % 10"),
        ("model", "varchar", "'vendor/model'"),
        ("finish_reason", "varchar", "'stop'"),
        ("input_tokens", "bigint", "100"),
        ("output_tokens", "bigint", "50"),
        ("latency_ms", "bigint", "900"),
        ("cost_usd", "decimal(18,12)", "0.01"),
        ("cost_source", "varchar", "'reported'"),
        ("landing_line", "bigint", "i"),
    ),
    "fct_compensations": (
        *HOUR_COLUMNS,
        ("source", "varchar", "'gateway'"),
        ("request_id", "varchar", "'r' || i"),
        ("payout_usd", "decimal(18,12)", "0.001"),
    ),
    "mart_compensation_hourly": (
        *HOUR_COLUMNS,
        ("compensation_type", "varchar", "'high_latency'"),
        ("model", "varchar", "'vendor/model'"),
        ("compensation_count", "bigint", "200"),
        ("payout_usd", "decimal(38,12)", "20"),
        ("cost_usd", "decimal(38,12)", "200"),
    ),
    "fct_requests_hourly": (
        *HOUR_COLUMNS,
        ("model", "varchar", "'vendor/model'"),
        ("request_count", "bigint", "1000"),
        ("compensated_count", "bigint", "200"),
        ("unpriced_count", "bigint", "300"),
        ("cost_usd", "decimal(38,12)", "200"),
    ),
    "fct_content_assessments": (
        *HOUR_COLUMNS,
        ("source", "varchar", "'gateway'"),
        ("request_id", "varchar", "'r' || i"),
        ("detector", "varchar", "'judge'"),
        ("verdict", "varchar", "case when i % 10 < 3 then 'unsatisfactory' else 'satisfactory' end"),
        ("landing_line", "bigint", "i"),
    ),
    "fct_request_hours": (
        *HOUR_COLUMNS,
        ("landed_count", "bigint", "1000"),
        ("current_count", "bigint", "1000"),
        ("superseded_count", "bigint", "0"),
        ("hour_at", "timestamp", "d + to_hours(h)"),
        ("policy_digest", "varchar", "'today'"),
    ),
    "fct_landing_files": (
        ("landing_file", "varchar", "'landing/' || d || '/' || h || '/' || i"),
        ("source", "varchar", "'gateway'"),
        ("landed_date", "date", "d"),
        ("landed_hour", "timestamp", "d + to_hours(h)"),
        ("records_read", "bigint", "1000"),
        ("landed_count", "bigint", "1000"),
        ("quarantined_count", "bigint", "0"),
    ),
}


class Home:
    """A home whose warehouse and run inputs a test fills by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        warehouse = path / "warehouse"
        (warehouse / "data").mkdir(parents=True)
        self.connection: duckdb.DuckDBPyConnection = connect()
        self.connection.execute(
            f"attach 'ducklake:sqlite:{warehouse}/catalog.sqlite' as makegood"
            f" (data_path '{warehouse}/data', meta_journal_mode 'WAL', meta_busy_timeout 30000)"
        )
        self.execute("begin transaction")
        for table, columns in GOOD.items():
            described = ", ".join(f"{name} {kind}" for name, kind, _ in columns)
            self.execute(f"create table makegood.{table} ({described})")
        self.execute("commit")
        self.window([(DAY, HOUR)])

    def execute(self, sql: str) -> None:
        """Run one statement in the warehouse."""
        self.connection.execute(sql)

    def add(self, table: str, count: int = 1, day: date = DAY, hour: int = HOUR, **values: str) -> None:
        """Insert `count` good rows of an hour. Given SQL expressions replace those of single columns."""
        row = ", ".join(f"cast({values.get(name, sql)} as {kind})" for name, kind, sql in GOOD[table])
        self.execute(
            f"insert into makegood.{table} select {row}"
            f" from range({count}) as rows(i), (select date '{day}' as d, {hour} as h)"
        )

    def add_history(self, days: range = range(1, 8)) -> None:
        """Add good rows in the same hour of each of the `days` days before."""
        for table in ("fct_request_hours", "fct_landing_files", "mart_compensation_hourly", "fct_requests_hourly"):
            for days_back in days:
                self.add(table, day=DAY - timedelta(days=days_back))

    def window(self, hours: list[tuple[date, int]], landed_hours: tuple[int, ...] = (HOUR, HOUR + 6)) -> None:
        """Write the run's inputs: the request hours to derive, and a landing file in some hours of DAY."""
        run = self.path / "warehouse" / "run.duckdb"
        run.unlink(missing_ok=True)
        with duckdb.connect(str(run)) as inputs:
            inputs.execute(
                "create table request_hours (request_date date, request_hour integer, policy_digest varchar)"
            )
            inputs.execute(
                "create table policies as select timestamp '0001-01-01' as start_at, 'today' as policy_digest"
            )
            inputs.execute("create table landing_files (landed_hour timestamp)")
            for day, hour in hours:
                inputs.execute("insert into request_hours values (?, ?, 'today')", [day, hour])
            for hour in landed_hours:
                inputs.execute("insert into landing_files select ?::date + to_hours(?)", [DAY, hour])

    def audit(self, table: str) -> SuiteResult:
        """The result of one suite."""
        (result,) = audit(self.path, [table])
        return result


def find(result: SuiteResult, column: str, severity: str = "critical") -> Measurement:
    """The result of the only expectation with this column and severity."""
    (found,) = (m for m in result.measurements if m.columns == [column] and m.severity == severity)
    return found
