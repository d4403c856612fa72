"""Runs the suites with Great Expectations, as SQL inside DuckDB, and converts the results to measurements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import great_expectations as gx
from great_expectations.core import ExpectationValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.expectations.core.expect_column_values_to_be_between import ExpectColumnValuesToBeBetween
from great_expectations.expectations.metadata_types import FailureSeverity
from sqlalchemy import event
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from expectations.limits import Limits, Number, bound, read_limits
from expectations.results import PAID, SHOWN_ROWS, Measurement, Outcome, Severity, SuiteResult, plain
from expectations.session import Session, opened
from expectations.suite import Check, Relation, Suite
from expectations.suites import SUITES
from makegood.errors import MakegoodError


@dataclass(frozen=True)
class Range:
    """A checked column: the number of nulls and of values, and the minimum and maximum of the values."""

    null_count: int
    judged_count: int
    least: Any
    greatest: Any


def audit(home: Path, suites: Iterable[str] | None = None, snapshot_id: int | None = None) -> list[SuiteResult]:
    """Audit the window of `run.request_hours` in the warehouse of `home`, and return one result per suite.

    `suites` are table names (all of SUITES by default), `snapshot_id` is the snapshot of the warehouse (the newest
    by default). The caller decides by `SuiteResult.success` whether a result stops the run. A suite that cannot be
    measured has not succeeded, and its result says why. Raises MakegoodError where the home cannot be audited or a
    suite does not exist.
    """
    wanted = list(SUITES) if suites is None else list(suites)
    if unknown := sorted(set(wanted) - set(SUITES)):
        raise MakegoodError(f"No such audit: {', '.join(unknown)}; there are {', '.join(SUITES)}.")
    chosen = [SUITES[table] for table in wanted]
    tables, limits = {table for suite in chosen for table in suite.reads}, read_limits(home)
    with opened(home, tables, snapshot_id, int(limits.values["HISTORY_DAYS"])) as session:
        datasource = _datasource(session)
        try:
            return [_suite_result(session, datasource, suite, limits) for suite in chosen]
        finally:
            datasource.get_engine().dispose()
            datasource.get_execution_engine().engine.dispose()


def _datasource(session: Session) -> SQLDatasource:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    datasource = context.data_sources.add_sql("audit", connection_string=session.url)
    event.listen(datasource.get_execution_engine().engine, "after_cursor_execute", _buffer_result)
    return datasource


def _buffer_result(
    connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    """Buffer the whole result, because Great Expectations closes the connection before it fetches the rows."""
    if cursor.description:
        context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(cursor, initial_buffer=cursor.fetchall())


def _suite_result(session: Session, datasource: SQLDatasource, suite: Suite, limits: Limits) -> SuiteResult:
    """Run the suite. An error in Great Expectations, or in DuckDB below it, is returned as the result's `error`."""
    try:
        measurements = [
            measurement
            for relation in suite.relations
            for measurement in _relation_measurements(session, datasource, suite, relation, limits)
        ]
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        return SuiteResult(suite.table, session.snapshot_id, [], error=f"it could not be audited: {reason}")
    return SuiteResult(suite.table, session.snapshot_id, measurements)


def _relation_measurements(
    session: Session, datasource: SQLDatasource, suite: Suite, relation: Relation, limits: Limits
) -> Iterator[Measurement]:
    """The measurements of all rows, or of each group of rows with limits of its own."""
    session.prepare(relation, limits.values)
    groups = limits.groups(relation)
    for number, (group, condition, values) in enumerate(groups):
        table = relation.name
        if len(groups) > 1:
            table = f"{relation.name}_{number}"
            session.narrow(table, relation, condition)
        for measurement in _measure(session, datasource, f"{suite.table}.{table}", table, relation, values):
            yield replace(measurement, sentence=f"{measurement.sentence}, for {group}") if group else measurement


def _measure(
    session: Session,
    datasource: SQLDatasource,
    name: str,
    table: str,
    relation: Relation,
    values: Mapping[str, Number],
) -> list[Measurement]:
    """Check rows of a relation in one statement; where a check failed, check again to get the unexpected rows."""
    asset = datasource.add_table_asset(name, table_name=table)
    batch = asset.add_batch_definition_whole_table(name).get_batch()

    def validate(**result_format: Any) -> list[ExpectationValidationResult]:
        # New ones each time, because Great Expectations modifies the expectations it is given.
        expectations = [_expectation(check, values) for check in relation.checks]
        return batch.validate(
            gx.ExpectationSuite(name=name, expectations=expectations), result_format=result_format
        ).results

    ranges = _ranges(session, table, relation)
    results = validate(result_format="BOOLEAN_ONLY")
    if not all(result.success for result in results):
        results = validate(
            result_format="SUMMARY",
            partial_unexpected_count=SHOWN_ROWS,
            unexpected_index_column_names=list(relation.keys),
        )
    if len(results) != len(relation.checks):
        raise MakegoodError(f"{len(results)} of the {len(relation.checks)} checks of {name} were judged")
    return [_measurement(session, table, relation, result, ranges) for result in results]


def _expectation(check: Check, values: Mapping[str, Number]) -> ExpectColumnValuesToBeBetween:
    """The check as Great Expectations knows it, which has no severity for a hold, with its limits as numbers."""
    return ExpectColumnValuesToBeBetween(
        column=check.column,
        min_value=bound(check.at_least, values),
        max_value=bound(check.at_most, values),
        severity=FailureSeverity("critical" if check.severity == "hold" else check.severity),
        description=check.sentence,
        meta={"severity": check.severity, "null_means": check.null_means},
    )


def _ranges(session: Session, table: str, relation: Relation) -> dict[str, Range]:
    """The range of each checked column, in one query."""
    columns = sorted({check.column for check in relation.checks})
    measures = ", ".join(f"count({column}), min({column}), max({column})" for column in columns)
    ((row_count, *values),) = session.rows(f"select count(*), {measures} from {table}")
    return {column: Range(row_count - values[3 * i], *values[3 * i : 3 * i + 3]) for i, column in enumerate(columns)}


def _measurement(
    session: Session, table: str, relation: Relation, result: ExpectationValidationResult, ranges: dict[str, Range]
) -> Measurement:
    configuration = result.expectation_config
    assert configuration is not None
    column, severity = configuration.kwargs["column"], cast(Severity, configuration.meta["severity"])
    if reasons := _exceptions(result.exception_info):
        raise MakegoodError(
            f"{relation.name}.{column} could not be judged ({configuration.description}): {'; '.join(reasons)}"
        )
    found = ranges[column]
    # Where nothing failed, only BOOLEAN_ONLY was requested and there is no detailed result.
    broken = result.result or {}
    rows = list(broken.get("partial_unexpected_index_list") or [])
    if severity == "hold" and not result.success:
        # A hold is lifted by the hour, so all hours are needed, of which Great Expectations returns the first few.
        rows = _held_rows(session, table, relation, configuration.kwargs)
        if len(rows) != broken["unexpected_count"]:
            raise MakegoodError(f"{table}.{column}: {len(rows)} rows are held, but {broken['unexpected_count']} failed")
    null_means = configuration.meta.get("null_means")
    is_missing = bool(found.null_count) and null_means is None
    note = None
    if is_missing:
        note = f"{found.null_count:,} values are missing, which is never allowed here"
        keys = ", ".join(relation.keys)
        nulls = session.rows(f"select {keys} from {table} where {column} is null limit {SHOWN_ROWS}")
        rows += [dict(zip(relation.keys, null, strict=True)) for null in nulls]
    elif not found.judged_count:
        note = null_means if found.null_count else relation.empty_means
    outcome: Outcome = "failed" if is_missing or not result.success else "passed" if found.judged_count else "no data"
    return Measurement(
        expectation=configuration.type,
        relation=relation.name,
        columns=[column],
        severity=severity,
        outcome=outcome,
        threshold=plain({k: v for k, v in configuration.kwargs.items() if k in ("min_value", "max_value")}),
        observed=plain({"min": found.least, "max": found.greatest}),
        judged_count=found.judged_count,
        unexpected_count=(broken.get("unexpected_count") or 0) + (found.null_count if is_missing else 0),
        unexpected_rows=plain(rows if severity == "hold" else rows[:SHOWN_ROWS]),
        note=note,
        sentence=configuration.description or "",
    )


def _held_rows(session: Session, table: str, relation: Relation, bounds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All rows whose value is outside the bounds, with their keys, the value, and what they pay."""
    column = bounds["column"]
    outside = [
        f"{column} {sign} {bounds[name]!r}"
        for name, sign in (("min_value", "<"), ("max_value", ">"))
        if bounds.get(name) is not None
    ]
    names = [*relation.keys, column, *PAID]
    rows = session.rows(
        f"select {', '.join(names)} from {table} where {' or '.join(outside)} order by {', '.join(relation.keys)}"
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def _exceptions(info: dict[str, Any]) -> list[str]:
    """The messages of the exceptions that were raised: Great Expectations reports one exception, or one per metric."""
    reports = [info] if "raised_exception" in info else list(info.values())
    return sorted({str(report["exception_message"]) for report in reports if report["raised_exception"]})
