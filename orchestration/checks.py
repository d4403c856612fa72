"""Runs the audits of expectations/ as blocking asset checks: a failed check stops the publication."""

from collections.abc import Iterator
from datetime import UTC, timedelta

import dagster as dg

from expectations.results import Measurement, SuiteResult
from makegood.hours import FIRST_HOUR
from orchestration.resources import NO_ROWS_IN_WINDOW, Auditor

AUDITED = (
    "fct_landing_files",
    "fct_request_hours",
    "fct_requests",
    "fct_requests_hourly",
    "fct_content_assessments",
    "fct_compensations",
    "mart_compensation_hourly",
)
"""The tables that have an audit suite."""
SHORT_PAST = FIRST_HOUR.replace(tzinfo=UTC) + timedelta(hours=1)
"""A moment just after the first partition. For each check Dagster would list all partitions of the table up to now, although it needs
only the last materialization; loading the partitions as of this moment keeps that list short."""


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(
            "expectations", asset=dg.AssetKey(table), blocking=True,
            description=f"Great Expectations over the run's window of {table}: volumes, shares, drift, absurd values.",
        )
        for table in AUDITED
    ],
)  # fmt: skip
def audits(context: dg.AssetCheckExecutionContext, auditor: dg.ResourceParam[Auditor]) -> Iterator[dg.AssetCheckResult]:
    """Run all suites in the audit worker, and yield a check result for each."""
    with dg.partition_loading_context(effective_dt=SHORT_PAST):
        if auditor.has_nothing_to_audit():
            for table in AUDITED:
                yield dg.AssetCheckResult(
                    passed=True, asset_key=dg.AssetKey(table), check_name="expectations", description=NO_ROWS_IN_WINDOW
                )
            return
        for result in auditor.audit():
            yield dg.AssetCheckResult(
                asset_key=dg.AssetKey(result.table),
                check_name="expectations",
                passed=result.success,
                severity=dg.AssetCheckSeverity.ERROR,
                description=_summary(result),
                metadata={
                    "measured": dg.MarkdownMetadataValue(_table(result)),
                    "no data": len(result.unjudged),
                    "snapshot": result.snapshot_id,
                },
            )


def _summary(result: SuiteResult) -> str | None:
    """Why the check failed, or that it had no data to check; None if it passed."""
    if result.error is not None:
        return result.error
    if result.failures:
        return "; ".join(f"{_judged(measured)}{_culprits(measured)}" for measured in result.failures)
    if len(result.unjudged) == len(result.measurements):
        return f"no data: {', '.join(sorted({measured.note or '' for measured in result.unjudged}))}"
    return None


def _table(result: SuiteResult) -> str:
    rows = "\n".join(_row(measured) for measured in result.measurements)
    return f"| expectation | outcome | observed | allowed | judged | unexpected | in words |\n|---|---|---|---|---|---|---|\n{rows}"


def _row(measured: Measurement) -> str:
    verdict = f"failed ({measured.severity})" if measured.outcome == "failed" else measured.outcome
    return (
        f"| {measured.expectation} | {verdict} | {measured.observed} | {measured.threshold} | {measured.judged_count}"
        f" | {measured.unexpected_count} | {_judged(measured)}{_culprits(measured)} |"
    )


def _judged(measured: Measurement) -> str:
    """The expectation in words, with the note on its outcome if there is one."""
    return f"{measured.sentence} ({measured.note})" if measured.note else measured.sentence


def _culprits(measured: Measurement) -> str:
    """The keys of the first unexpected rows: the hours, models, types or detectors concerned."""
    rows = [", ".join(f"{name} {value}" for name, value in row.items()) for row in measured.unexpected_rows]
    return f": {'; '.join(rows)}" if rows else ""
