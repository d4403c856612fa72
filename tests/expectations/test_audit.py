"""How a window is audited: which rows are read, which expectations are evaluated, and what the results contain."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from audited_home import DAY, HOUR, REQUESTS, Home, find
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Engine

from expectations.audit import audit
from expectations.results import SHOWN_ROWS, Measurement, SuiteResult, plain
from expectations.session import opened
from expectations.thresholds import HISTORY_DAYS, MIN_REQUESTS
from makegood.errors import MakegoodError


def test_the_first_hour_passes_and_reports_that_there_is_no_history(empty_home: Home) -> None:
    empty_home.add("fct_requests", REQUESTS)
    empty_home.add("fct_request_hours")
    measurement = find(empty_home.audit("fct_requests"), "volume_ratio")
    assert (measurement.outcome, measurement.judged_count, measurement.note) == ("no data", 0, "no history")


def test_history_needs_at_least_three_days(empty_home: Home) -> None:
    empty_home.add("fct_requests", REQUESTS)
    empty_home.add_history(range(1, 3))
    assert find(empty_home.audit("fct_requests"), "volume_ratio").note == "no history"
    empty_home.add_history(range(7, 8))
    assert find(empty_home.audit("fct_requests"), "volume_ratio").observed == {"min": 1.0, "max": 1.0}


def test_only_seven_days_of_history_are_used(empty_home: Home) -> None:
    empty_home.add("fct_requests", REQUESTS)
    empty_home.add_history(range(8, 20))
    assert find(empty_home.audit("fct_requests"), "volume_ratio").note == "no history"


def test_shares_are_not_judged_in_a_small_hour(empty_home: Home) -> None:
    empty_home.add("fct_requests", MIN_REQUESTS - 1, latency_ms="null")
    below_minimum = find(empty_home.audit("fct_requests"), "missing_latency_share")
    assert (below_minimum.outcome, below_minimum.note) == ("no data", "too few requests")
    empty_home.add("fct_requests", 1, latency_ms="null")
    at_minimum = find(empty_home.audit("fct_requests"), "missing_latency_share")
    assert (at_minimum.outcome, at_minimum.note) == ("failed", None)


def test_an_empty_warehouse_or_window_gives_no_data_with_a_reason_everywhere(empty_home: Home) -> None:
    empty_home.window([], landed_hours=())
    for result in audit(empty_home.path):
        assert result.success
        assert result.unjudged == result.measurements
        assert all(m.judged_count == 0 and m.note for m in result.measurements), result


def test_an_hour_without_any_latency_fails(home: Home) -> None:
    home.execute("update makegood.fct_requests set latency_ms = null")
    result = home.audit("fct_requests")
    assert (find(result, "latency_ms").outcome, find(result, "latency_ms").note) == (
        "no data",
        "no latency was reported",
    )
    assert [m.columns for m in result.failures] == [["missing_latency_share"]]


@pytest.mark.parametrize(("payout", "outcome"), [("0", "no data"), ("0.000000000001", "failed")])
def test_without_billed_requests_any_payout_fails_and_no_payout_is_no_data(
    home: Home, payout: str, outcome: str
) -> None:
    home.execute("update makegood.fct_requests set cost_usd = 0")
    home.execute(f"update makegood.fct_compensations set payout_usd = {payout}")
    measured = find(home.audit("fct_compensations"), "payout_share", "hold")
    assert measured.outcome == outcome
    assert (measured.note or "").startswith("too few requests, or nothing was billed") == (outcome == "no data")
    json.dumps(measured.observed, allow_nan=False)


def test_payouts_of_a_model_without_billed_requests_count_as_a_change(home: Home) -> None:
    home.execute(f"update makegood.fct_requests_hourly set cost_usd = 0 where request_date = '{DAY}'")
    assert find(home.audit("fct_requests_hourly"), "payout_share_change", "warning").outcome == "failed"


def test_an_hour_that_lost_all_its_requests_fails(home: Home) -> None:
    home.execute("delete from makegood.fct_requests")
    measurement = find(home.audit("fct_requests"), "settled_volume_ratio")
    assert measurement.outcome == "failed"
    assert measurement.unexpected_rows == [
        {"request_date": DAY.isoformat(), "request_hour": HOUR, "settled_volume_ratio": 0.0}
    ]


def test_an_hour_that_may_still_grow_is_not_judged_too_small(home: Home) -> None:
    home.execute("delete from makegood.fct_requests")
    home.window([(DAY, HOUR)], landed_hours=(HOUR,))
    assert find(home.audit("fct_requests"), "settled_volume_ratio").note == "no history, or no complete hour"


def test_a_source_without_new_requests_fails(home: Home) -> None:
    home.execute(f"update makegood.fct_landing_files set source = 'other' where landed_hour >= date '{DAY}'")
    measurement = find(home.audit("fct_landing_files"), "volume_ratio")
    assert measurement.outcome == "failed"
    assert [row["source"] for row in measurement.unexpected_rows] == ["gateway"]


def test_rows_outside_the_window_are_not_judged(home: Home) -> None:
    home.add("fct_requests", hour=HOUR + 1, latency_ms="-1")
    assert find(home.audit("fct_requests"), "latency_ms").outcome == "passed"
    home.window([(DAY, HOUR), (DAY, HOUR + 1)])
    assert find(home.audit("fct_requests"), "latency_ms").outcome == "failed"


def test_one_bad_hour_fails_a_window_with_good_hours(home: Home) -> None:
    home.add("fct_requests", REQUESTS, hour=HOUR + 1, latency_ms="null")
    home.add("fct_requests", 5 * REQUESTS, hour=HOUR + 2)
    home.window([(DAY, HOUR), (DAY, HOUR + 1), (DAY, HOUR + 2)])
    measurement = find(home.audit("fct_requests"), "missing_latency_share")
    assert [row["request_hour"] for row in measurement.unexpected_rows] == [HOUR + 1]


def test_warning_alone_leaves_the_suite_successful(home: Home) -> None:
    home.execute("update makegood.fct_requests set finish_reason = 'error'")
    result = home.audit("fct_requests")
    assert result.success
    assert [m.columns for m in result.warnings] == [["error_share"]]


def test_critical_failure_makes_the_suite_fail(home: Home) -> None:
    home.execute("update makegood.fct_requests set latency_ms = -1")
    result = home.audit("fct_requests")
    assert not result.success
    assert [m.columns for m in result.failures] == [["latency_ms"]]


def test_changes_after_the_audited_snapshot_are_not_read(home: Home) -> None:
    good = home.audit("fct_requests")
    home.execute("update makegood.fct_requests set latency_ms = -1")
    (repeated,) = audit(home.path, ["fct_requests"], snapshot_id=good.snapshot_id)
    assert repeated == good
    newest = home.audit("fct_requests")
    assert newest.snapshot_id > good.snapshot_id
    assert not newest.success


def test_no_statement_fetches_more_rows_than_a_result_reports(home: Home) -> None:
    home.execute("update makegood.fct_requests set latency_ms = -1, cost_usd = -1")
    statements: list[str] = []

    def record(connection: object, cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", record)
    try:
        measurement = find(home.audit("fct_requests"), "latency_ms")
    finally:
        event.remove(Engine, "before_cursor_execute", record)
    assert (measurement.unexpected_count, len(measurement.unexpected_rows)) == (REQUESTS, SHOWN_ROWS)
    reads = [statement.lower() for statement in statements if "from audited_fct_requests" in statement.lower()]
    assert reads
    for read in reads:
        aggregates = read.startswith(("select count(", "select sum("))
        assert aggregates or "limit" in read, read


def test_a_hold_does_not_fail_the_audit(home: Home) -> None:
    home.execute("update makegood.fct_compensations set payout_usd = 1000")
    result = home.audit("fct_compensations")
    assert result.success
    assert [hold.columns for hold in result.holds] == [["largest_payout_usd"], ["payout_share"]]


def test_amounts_keep_all_digits_in_json(home: Home) -> None:
    home.execute("update makegood.fct_compensations set payout_usd = 0.000000000001 where request_id = 'r7'")
    home.execute("update makegood.fct_compensations set payout_usd = 123.456789012345 where request_id = 'r8'")
    text = json.dumps(home.audit("fct_compensations").to_dict())
    result = SuiteResult.from_dict(json.loads(text))
    assert find(result, "payout_usd").observed == {"min": "0.000000000001", "max": "123.456789012345"}
    assert find(result, "largest_payout_usd", "hold").unexpected_rows[0]["largest_payout_usd"] == "123.456789012345"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**25), max_value=10**25))
def test_any_decimal_round_trips_as_text(amount: Decimal) -> None:
    text = json.loads(json.dumps(plain({"amount": [amount]})))["amount"][0]
    assert isinstance(text, str)
    assert Decimal(text) == amount


VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
MEASUREMENTS = st.builds(
    Measurement,
    expectation=st.text(),
    relation=st.text(),
    columns=st.lists(st.text()),
    severity=st.sampled_from(("critical", "warning")),
    outcome=st.sampled_from(("passed", "failed", "no data")),
    threshold=st.dictionaries(st.text(), VALUES),
    observed=st.dictionaries(st.text(), VALUES),
    judged_count=st.integers(min_value=0),
    unexpected_count=st.integers(min_value=0),
    unexpected_rows=st.lists(st.dictionaries(st.text(), VALUES)),
    note=st.none() | st.text(),
    sentence=st.text(),
)


@given(
    st.builds(
        SuiteResult,
        table=st.text(),
        snapshot_id=st.integers(),
        measurements=st.lists(MEASUREMENTS),
        error=st.none() | st.text(),
    )
)
def test_any_result_round_trips_through_json(result: SuiteResult) -> None:
    assert SuiteResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


def test_unknown_suite_is_refused_by_name(home: Home) -> None:
    with pytest.raises(MakegoodError, match="No such audit: fct_ghosts; there are fct_landing_files"):
        audit(home.path, ["fct_ghosts"])


def test_home_without_a_warehouse_is_refused_by_path(home: Home) -> None:
    missing = home.path / "nowhere"
    with pytest.raises(MakegoodError, match=r"nowhere/warehouse/catalog\.sqlite does not exist"):
        audit(missing)


def test_home_without_run_inputs_is_refused_by_path(home: Home) -> None:
    (home.path / "warehouse" / "run.duckdb").unlink()
    with pytest.raises(MakegoodError, match=r"run\.duckdb does not exist"):
        audit(home.path)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ("add column payout_usd varchar", r"payout_usd could not be judged .* type VARCHAR"),
        ("add column payout_usd_before decimal(18, 12)", r'"payout_usd" not found'),
    ],
)
def test_a_column_that_cannot_be_evaluated_fails_the_audit_and_is_named(home: Home, spoil: str, message: str) -> None:
    home.execute("alter table makegood.fct_compensations drop column payout_usd")
    home.execute(f"alter table makegood.fct_compensations {spoil}")
    result = home.audit("fct_compensations")
    assert not result.success
    assert re.search(message, result.error or ""), result.error
    assert "\n" not in (result.error or "")
    assert SuiteResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result
    assert home.audit("fct_requests").success


def test_a_warehouse_that_cannot_be_opened_gives_one_sentence(home: Home) -> None:
    home.connection.close()
    (home.path / "warehouse" / "run.duckdb").write_bytes(b"not a database at all")
    with pytest.raises(MakegoodError, match=r"cannot be audited: .*run\.duckdb"):
        audit(home.path)


def test_an_audit_does_not_change_the_warehouse(home: Home) -> None:
    before = home.audit("fct_requests").snapshot_id
    audit(home.path)
    assert home.audit("fct_requests").snapshot_id == before


def test_views_open_only_the_files_of_their_days(empty_home: Home) -> None:
    empty_home.execute("alter table makegood.mart_compensation_hourly set partitioned by (request_date)")
    for days_back in range(60):
        empty_home.add("mart_compensation_hourly", count=100, day=DAY + timedelta(days=30 - days_back))
    empty_home.execute("call ducklake_flush_inlined_data('makegood')")
    with opened(empty_home.path, ["mart_compensation_hourly"]) as session:
        for view, days in (("audited", 1), ("trailing", 1 + HISTORY_DAYS)):
            sql = f"select sum(payout_usd) from {view}_mart_compensation_hourly"
            ((_, plan),) = session.rows(f"explain analyze {sql}")
            assert re.findall(r"Total Files Read: *(\d+)", plan) == [str(days)]
