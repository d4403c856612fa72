"""dbt's own tests: the unit tests pass, and every data test fails on bad data of the kind that it checks for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest
from dbt_here import failures, results_of
from derived_home import Home, assessment, delivery

HOUR = datetime.fromisoformat("2026-11-01T10:00:00")

# For each data test, a statement that puts bad data into the warehouse.
BAD_DATA = {
    "every_request_has_one_known_reason": "update fct_requests set reason_code = 'because'",
    "a_payout_is_above_zero_where_compensated_and_never_above_cost": (
        "update fct_requests set payout_usd = cost_usd + 0.000000000001 where reason_code = 'compensated'"
    ),
    "a_deciding_rule_is_named_where_a_rule_decided": (
        "update fct_requests set rule_id = null where reason_code = 'compensated'"
    ),
    "a_request_is_compensated_once": "insert into fct_compensations select * from fct_compensations",
    "a_compensation_has_a_known_type": "update fct_compensations set compensation_type = 'goodwill'",
    "a_compensation_has_a_known_rule": "update fct_compensations set policy_version = '0'",
    "net_cost_is_cost_minus_payout": "update fct_compensations set net_cost_usd = net_cost_usd + 0.000000000001",
    "one_verdict_per_request_and_detector": "insert into fct_content_assessments select * from fct_content_assessments",
    "a_verdict_has_a_known_value_and_a_score_between_0_and_1": "update fct_content_assessments set verdict = 'bad'",
    "one_row_per_hour_and_model": "insert into fct_requests_hourly select * from fct_requests_hourly",
    "reasons_add_up_to_requests": "update fct_requests_hourly set compensated_count = compensated_count + 1",
    "one_row_per_request_hour": "insert into fct_request_hours select * from fct_request_hours",
    "landed_is_current_plus_superseded": "update fct_request_hours set current_count = current_count - 1",
    "one_row_per_landing_file": "insert into fct_landing_files select * from fct_landing_files",
    "read_is_landed_plus_ignored_plus_quarantined": "update fct_landing_files set ignored_count = 1",
    "one_row_per_hour_type_and_model": "insert into mart_compensation_hourly select * from mart_compensation_hourly",
    "one_row_per_day_account_type_and_model": (
        "insert into mart_compensation_by_account_daily select * from mart_compensation_by_account_daily"
    ),
    "one_row_per_entry": "insert into fct_ledger_entries select * from fct_ledger_entries",
    "an_entry_has_a_nonzero_amount_and_a_known_account": "update fct_ledger_entries set account_id = 'unknown'",
    "an_entry_names_what_it_adjusts_unless_it_is_a_payout": "update fct_ledger_entries set adjusts_entry_id = 'other'",
    "one_row_per_batch": "insert into fct_ledger_batches select * from fct_ledger_batches",
    "amounts_agree_from_requests_to_marts": (
        "update mart_compensation_hourly set payout_usd = payout_usd + 0.000000000001"
    ),
    "one_baseline_per_day_source_operation_model_and_bucket": (
        "insert into int_latency_baselines select date '2026-11-01', 'g', 'chat', 'm', 0, 1, 50 from range(2)"
    ),
    "a_baseline_is_measured_on_enough_requests": "insert into int_latency_baselines values ('2026-11-01', 'g', 'chat', 'm', 0, 1, 49)",
    "account_days_agree_with_compensations": "delete from mart_compensation_by_account_daily",
    "request_counts_agree_by_hour": "delete from fct_requests_hourly",
}


@pytest.fixture(scope="session")
def derived(session_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A derived hour, with its tables copied to memory so that a test can change them and roll back."""
    session_home.build(
        [
            delivery("plain", HOUR),
            delivery("failed", HOUR, status_code="503", landing_line=2),
            delivery("slow", HOUR, latency_ms=700_000, landing_line=3),
        ],
        [HOUR],
        [assessment("plain", HOUR)],
    )
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as makegood")
        for name in session_home.relations("BASE TABLE"):
            columns = session_home.query(f"select column_name, column_type from (describe {name})")
            con.execute(f"create table makegood.{name} ({', '.join(f'{n} {t}' for n, t in columns)})")
            rows = session_home.query(f"select * from {name}")
            if rows:
                con.executemany(f"insert into makegood.{name} values ({', '.join('?' * len(columns))})", rows)
        for name, source in {
            "dim_compensation_types": "compensation_types",
            "dim_compensation_rules": "compensation_rules",
        }.items():
            con.execute(f"create view makegood.{name} as select * from makegood.{source}")
        con.execute(f"attach '{session_home.warehouse / 'run.duckdb'}' as run (read_only)")
        con.execute("use makegood")
        yield con


def rows_found(con: duckdb.DuckDBPyConnection, test_sql: str, bad_data: str | None = None) -> int:
    con.execute("begin")
    try:
        if bad_data:
            con.execute(bad_data)
        return len(con.execute(test_sql).fetchall())
    finally:
        con.execute("rollback")


def test_unit_tests_of_the_models_pass(home: Home) -> None:
    result = home.dbt("build", "--empty")
    assert result.success, failures(result)
    assert [node_result for node_result in results_of(result) if node_result.node.resource_type == "unit_test"]


def test_every_data_test_has_a_case_with_bad_data(session_home: Home) -> None:
    listed: Any = session_home.dbt("list", "--resource-type", "test", "--output", "name").result
    assert set(listed) == set(BAD_DATA)


@pytest.mark.parametrize("name", BAD_DATA)
def test_a_data_test_passes_on_good_data_and_fails_on_bad_data(
    name: str, compiled: dict[str, str], derived: duckdb.DuckDBPyConnection
) -> None:
    assert rows_found(derived, compiled[name]) == 0
    assert rows_found(derived, compiled[name], BAD_DATA[name]) > 0


def test_data_tests_only_check_hours_in_the_window(
    compiled: dict[str, str], derived: duckdb.DuckDBPyConnection
) -> None:
    older = "update fct_requests set reason_code = 'because', request_date = date '2026-10-01'"
    assert rows_found(derived, compiled["every_request_has_one_known_reason"], older) == 0
