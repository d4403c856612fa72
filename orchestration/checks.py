"""Runs the audits of expectations/ as blocking asset checks: a failed check stops the publication."""

from collections.abc import Iterator
from datetime import UTC, timedelta

import dagster as dg

from expectations.findings import findings_of
from expectations.results import SHOWN_ROWS, Measurement, SuiteResult
from makegood.hours import FIRST_HOUR
from orchestration.resources import NO_ROWS_IN_WINDOW, Auditor, PublicationRecord

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
FAILED_AUDIT, SURPRISING_MONEY = "docs/runbooks/failed-audit.md", "docs/runbooks/surprising-money.md"
"""What to do about a failure that stops the publication, and about one that holds the settlement."""
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
def audits(
    context: dg.AssetCheckExecutionContext, auditor: dg.ResourceParam[Auditor], publication: PublicationRecord
) -> Iterator[dg.AssetCheckResult]:
    """Run all suites in the audit worker, note what a person has to answer, and yield a check result for each suite.

    A failure that only holds the settlement is a warning, which does not stop the publication.
    """
    with dg.partition_loading_context(effective_dt=SHORT_PAST):
        if auditor.has_nothing_to_audit():
            for table in AUDITED:
                yield dg.AssetCheckResult(
                    passed=True, asset_key=dg.AssetKey(table), check_name="expectations", description=NO_ROWS_IN_WINDOW
                )
            return
        results = auditor.audit()
        with publication.record() as record:
            record.findings.note(context.run.run_id, findings_of(results))
        for result in results:
            yield dg.AssetCheckResult(
                asset_key=dg.AssetKey(result.table),
                check_name="expectations",
                passed=result.success and not result.holds,
                severity=dg.AssetCheckSeverity.WARN if result.success else dg.AssetCheckSeverity.ERROR,
                description=_summary(result),
                metadata={
                    "measured": dg.MarkdownMetadataValue(_table(result)),
                    "no data": len(result.unjudged),
                    "snapshot": result.snapshot_id,
                    **_runbook(result),
                },
            )


def _summary(result: SuiteResult) -> str | None:
    """Why the check failed, or that it had no data to check; None if it passed."""
    if result.error is not None:
        return result.error
    if result.failures:
        return "; ".join(f"{_judged(measured)}{_culprits(measured)}" for measured in result.failures)
    if result.holds:
        held = "; ".join(f"{_judged(measured)}{_culprits(measured)}" for measured in result.holds)
        return f"published, and not settled until somebody accepts it (`makegood audits`): {held}"
    if len(result.unjudged) == len(result.measurements):
        return f"no data: {', '.join(sorted({measured.note or '' for measured in result.unjudged}))}"
    return None


def _runbook(result: SuiteResult) -> dict[str, str]:
    """Where to read what to do; nothing if there is nothing to do."""
    if not result.success:
        return {"runbook": FAILED_AUDIT}
    return {"runbook": SURPRISING_MONEY} if result.holds else {}


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
    rows = [
        ", ".join(f"{name} {value}" for name, value in row.items()) for row in measured.unexpected_rows[:SHOWN_ROWS]
    ]
    return f": {'; '.join(rows)}" if rows else ""
