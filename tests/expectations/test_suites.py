"""Each expectation passes on good data and at its limit, and fails on data just beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from audited_home import GOOD, REQUESTS, Home, find

from expectations import thresholds as limit
from expectations.suites import SUITES


@dataclass(frozen=True)
class Case:
    """One side of one expectation: SQL that changes good data to the limit, and SQL that goes just beyond it."""

    table: str
    column: str
    severity: str
    side: str
    at_limit: str
    beyond: str

    @property
    def scenario(self) -> str:
        """Cases of one scenario do not affect each other, so they share a warehouse and two audits."""
        alone = self.table == "fct_compensations" and self.column == "largest_payout_usd"
        return "-".join((self.table, self.severity, self.side, *((self.column,) if alone else ())))


def requests(column: str, severity: str, side: str, at_limit: object, beyond: object) -> Case:
    """A case in which one request has a value at the limit or beyond it."""
    request_id = "r7" if side == "min" else "r999"
    update = f"update makegood.fct_requests set {column} = {{}} where request_id = '{request_id}'"
    return Case("fct_requests", column, severity, side, update.format(at_limit), update.format(beyond))


def share(table: str, column: str, severity: str, at_most: float, change: str) -> Case:
    """A case in which the share of changed requests is at the limit, and then one request above it."""
    allowed = round(at_most * REQUESTS)
    update = f"update makegood.fct_requests set {change} where landing_line < {{}}"
    return Case(table, column, severity, "max", update.format(allowed), update.format(allowed + 1))


def compensated(severity: str, at_most: float) -> Case:
    """A case in which the share of compensated requests is at the limit, and then one request above it."""
    insert = (
        "insert into makegood.fct_compensations by name"
        " select source, request_id, request_date, request_hour, 0 as payout_usd"
        " from makegood.fct_requests where landing_line >= {} and landing_line < {}"
    )
    allowed = round(at_most * REQUESTS)
    at_limit, beyond = insert.format(40, allowed), insert.format(allowed, allowed + 1)
    return Case("fct_compensations", "compensated_share", severity, "max", at_limit, beyond)


def changed(table: str, column: str, severity: str, side: str, update: str, at_limit: object, beyond: object) -> Case:
    """A case in which a value of the audited hour is at the limit or beyond it."""
    key = (
        "landed_hour = timestamp '2026-11-10 03:00'" if table == "fct_landing_files" else "request_date = '2026-11-10'"
    )
    statement = f"update makegood.{table} set {update} = {{}} where {key}"
    return Case(table, column, severity, side, statement.format(at_limit), statement.format(beyond))


def mix(side: str, day: str) -> Case:
    """A case in which half of one day's compensations, and then one more, have a type that no other day has."""
    split = (
        "update makegood.mart_compensation_hourly set compensation_count = 100 {change} 1"
        " where request_date = '{day}' and compensation_type = '{kind}'"
    )
    at_limit = (
        "delete from makegood.mart_compensation_hourly where request_date < '2026-11-09';"
        f"update makegood.mart_compensation_hourly set compensation_count = 100 where request_date = '{day}';"
        f"insert into makegood.mart_compensation_hourly values ('{day}', 3, 'rare', 'some/model', 100, 0, 0)"
    )
    beyond = ";".join(
        split.format(change=change, day=day, kind=kind) for change, kind in (("-", "high_latency"), ("+", "rare"))
    )
    return Case("mart_compensation_hourly", "share_change", "warning", side, at_limit, beyond)


def detected(side: str, at_limit: str, beyond: str) -> Case:
    """A case with the given number of unsatisfactory verdicts out of every ten on the audited day."""
    update = (
        "update makegood.fct_content_assessments set verdict ="
        " case when landing_line % 10 {} then 'unsatisfactory' else 'satisfactory' end where request_date = '2026-11-10'"
    )
    return Case(
        "fct_content_assessments",
        "unsatisfactory_share_change",
        "warning",
        side,
        update.format(at_limit),
        update.format(beyond),
    )


BILLED_USD = REQUESTS // 100  # 0.01 each
CASES = [
    requests("latency_ms", "critical", "min", 0, -1),
    requests("latency_ms", "warning", "max", limit.LATENCY_MS_MAX, limit.LATENCY_MS_MAX + 1),
    requests("input_tokens", "critical", "min", 0, -1),
    requests("input_tokens", "warning", "max", limit.INPUT_TOKENS_MAX, limit.INPUT_TOKENS_MAX + 1),
    requests("output_tokens", "critical", "min", 0, -1),
    requests("output_tokens", "warning", "max", limit.OUTPUT_TOKENS_MAX, limit.OUTPUT_TOKENS_MAX + 1),
    requests("cost_usd", "critical", "min", 0, "-0.000000000001"),
    requests("cost_usd", "warning", "max", limit.COST_USD_MAX, f"{limit.COST_USD_MAX}.000001"),
    share("fct_requests", "error_share", "warning", limit.ERROR_SHARE_WARN, "finish_reason = 'error'"),
    share("fct_requests", "unpriced_share", "warning", limit.UNPRICED_SHARE_WARN, "cost_source = 'unpriced'"),
    share("fct_requests", "unpriced_share", "critical", limit.UNPRICED_SHARE_BLOCK, "cost_source = 'unpriced'"),
    share(
        "fct_requests",
        "unknown_account_share",
        "warning",
        limit.UNKNOWN_ACCOUNT_SHARE_WARN,
        "account_id = 'unknown'",
    ),
    share(
        "fct_requests",
        "missing_latency_share",
        "warning",
        limit.MISSING_LATENCY_SHARE_WARN,
        "latency_ms = null",
    ),
    share(
        "fct_requests",
        "missing_latency_share",
        "critical",
        limit.MISSING_LATENCY_SHARE_BLOCK,
        "latency_ms = null",
    ),
    share(
        "fct_requests",
        "absurd_share",
        "critical",
        limit.ABSURD_SHARE_BLOCK,
        f"output_tokens = {limit.OUTPUT_TOKENS_MAX + 1}",
    ),
    Case(
        "fct_requests",
        "volume_ratio",
        "critical",
        "max",
        "update makegood.fct_request_hours set current_count = 200;"
        "insert into makegood.fct_requests from makegood.fct_requests",
        "insert into makegood.fct_requests from makegood.fct_requests limit 1",
    ),
    Case(
        "fct_requests",
        "settled_volume_ratio",
        "critical",
        "min",
        "delete from makegood.fct_requests where landing_line >= 100",
        "delete from makegood.fct_requests where landing_line >= 99",
    ),
    changed("fct_compensations", "payout_usd", "critical", "min", "payout_usd", 0, "-0.000000000001"),
    Case(
        "fct_compensations",
        "largest_payout_usd",
        "hold",
        "max",
        f"update makegood.fct_compensations set payout_usd = {limit.PAYOUT_USD_HOLD} where request_id = 'r7'",
        "update makegood.fct_compensations set payout_usd = payout_usd + 0.000001 where request_id = 'r7'",
    ),
    *(
        changed(
            "fct_compensations",
            "payout_share",
            severity,
            "max",
            "payout_usd",
            f"{BILLED_USD} * {at_most} / 40",
            f"{BILLED_USD} * {at_most} / 40 + 0.000001",
        )
        for severity, at_most in (
            ("warning", limit.PAYOUT_SHARE_WARN),
            ("hold", limit.PAYOUT_SHARE_HOLD),
        )
    ),
    # This follows the case of the payouts' share, which sets the payout of every existing compensation.
    compensated("warning", limit.COMPENSATED_SHARE_WARN),
    compensated("hold", limit.COMPENSATED_SHARE_HOLD),
    changed("mart_compensation_hourly", "compensation_count", "critical", "min", "compensation_count", 1, 0),
    changed("mart_compensation_hourly", "payout_usd", "critical", "min", "payout_usd", 0, "-0.000000000001"),
    changed("mart_compensation_hourly", "cost_usd", "critical", "min", "cost_usd", 0, "-0.000000000001"),
    changed("mart_compensation_hourly", "payout_ratio", "hold", "max", "payout_usd", 200, 201),
    mix("max", "2026-11-10"),
    mix("min", "2026-11-09"),
    *(
        changed("fct_requests_hourly", f"{measure}_share_change", "warning", side, column, at_limit, beyond)
        for measure, column, limits in (
            ("compensated", "compensated_count", ((300, 301), (100, 99))),
            ("unpriced", "unpriced_count", ((500, 501), (100, 99))),
            # The payouts are 20 of a cost of 200, which is a tenth.
            ("payout", "cost_usd", ((20 / 0.149999, 20 / 0.1501), (20 / 0.050001, 20 / 0.0499))),
        )
        for side, (at_limit, beyond) in zip(("max", "min"), limits, strict=True)
    ),
    detected("max", "< 5", "< 6"),
    detected("min", "< 1", "< 0"),
    changed("fct_request_hours", "superseded_share", "warning", "max", "superseded_count", 500, 501),
    changed("fct_request_hours", "outdated_count", "warning", "max", "policy_digest", "'today'", "'yesterday'"),
    changed("fct_landing_files", "quarantined_share", "warning", "max", "quarantined_count", 10, 11),
    changed("fct_landing_files", "quarantined_share", "critical", "max", "quarantined_count", 100, 101),
    changed("fct_landing_files", "volume_ratio", "critical", "min", "landed_count", 100, 99),
    changed("fct_landing_files", "volume_ratio", "critical", "max", "landed_count", 10_000, 10_001),
]


@pytest.mark.parametrize("scenario", sorted({case.scenario for case in CASES}))
def test_expectations_pass_at_their_limit_and_fail_beyond_it(scenario: str, home: Home) -> None:
    cases = [case for case in CASES if case.scenario == scenario]
    for case in cases:
        home.execute(case.at_limit)
    at_limit = home.audit(cases[0].table)
    for case in cases:
        measurement = find(at_limit, case.column, case.severity)
        assert measurement.outcome == "passed" and measurement.judged_count > 0, measurement

    for case in cases:
        home.execute(case.beyond)
    beyond = home.audit(cases[0].table)
    for case in cases:
        measurement = find(beyond, case.column, case.severity)
        assert measurement.outcome == "failed" and measurement.unexpected_count > 0, measurement
        assert measurement.observed[case.side] in [row[case.column] for row in measurement.unexpected_rows]


def test_every_side_of_every_expectation_has_a_case() -> None:
    sides = {
        (suite.table, check.column, check.severity, side)
        for suite in SUITES.values()
        for relation in suite.relations
        for check in relation.checks
        for side, bound in (("min", check.at_least), ("max", check.at_most))
        if bound is not None
    }
    assert sides == {(case.table, case.column, case.severity, case.side) for case in CASES}


NEVER_NULL = {
    ("fct_compensations", "payout_usd"),
    ("mart_compensation_hourly", "compensation_count"),
    ("mart_compensation_hourly", "payout_usd"),
    ("mart_compensation_hourly", "cost_usd"),
    ("fct_request_hours", "outdated_count"),
}


def test_every_expectation_declares_whether_no_data_is_allowed() -> None:
    decided = {
        (suite.table, check.column): check.null_means
        for suite in SUITES.values()
        for relation in suite.relations
        for check in relation.checks
    }
    assert {measure for measure, reason in decided.items() if reason is None} == NEVER_NULL
    assert all(relation.empty_means for suite in SUITES.values() for relation in suite.relations)


@pytest.mark.parametrize(("table", "column"), sorted(NEVER_NULL - {("fct_request_hours", "outdated_count")}))
def test_a_single_null_in_a_required_column_fails_and_names_its_row(table: str, column: str, home: Home) -> None:
    home.execute(f"update makegood.{table} set {column} = null where request_date = '2026-11-10' and request_hour = 3")
    measurement = find(home.audit(table), column)
    assert measurement.outcome == "failed"
    assert measurement.note is not None and measurement.note.endswith("values are missing, which is never allowed here")
    relation = next(candidate for candidate in SUITES[table].relations if candidate.name == measurement.relation)
    assert set(measurement.unexpected_rows[0]) == set(relation.keys)


def test_good_data_passes_every_expectation(home: Home) -> None:
    for table in SUITES:
        result = home.audit(table)
        assert result.success
        assert not result.warnings
        assert all(measurement.outcome == "passed" for measurement in result.measurements), result.unjudged


@pytest.mark.parametrize("table", sorted({table for suite in SUITES.values() for table in suite.reads}))
def test_audited_columns_are_in_the_models_contract(table: str) -> None:
    (path,) = (Path(__file__).parents[2] / "models").glob(f"**/{table}.yml")
    (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    contract = {(column["name"], column["data_type"]) for column in model["columns"]}
    assert {(name, kind) for name, kind, _ in GOOD[table]} <= contract
