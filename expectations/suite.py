"""The building blocks of a suite: relations and the expectations on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations import thresholds
from expectations.results import Severity
from makegood.storage.queries import sql_beside

HOLDS = "holds_settlement"
"""The key in an expectation's meta that marks a hold, for which Great Expectations has no severity of its own."""


@dataclass(frozen=True)
class Relation:
    """A relation that Great Expectations checks.

    Without `sql` it is the view `audited_<table>` (the table's rows in the window). With `sql` it is a small table
    that is created from this `query` once, for example with one row per hour. Where it is empty, the outcome is "no
    data", and `empty_means` says why that is acceptable. `keys` are the columns that identify a row in a finding.
    """

    name: str
    keys: tuple[str, ...]
    expectations: tuple[ExpectColumnValuesToBeBetween, ...]
    sql: str | None = None
    empty_means: str = "no rows"


@dataclass(frozen=True)
class Suite:
    """All checks of one table; `reads` are the tables that are needed as `audited_…` and `trailing_…`."""

    table: str
    relations: Sequence[Relation]
    reads: tuple[str, ...] = field(default=())


def query(name: str) -> str:
    """The query in `sql/<name>.sql`, with the thresholds that it names filled in."""
    return sql_beside(__file__, name).format_map(vars(thresholds))


def severity_of(expectation: ExpectColumnValuesToBeBetween | ExpectationConfiguration) -> Severity:
    """What a failure of the expectation stops."""
    if (expectation.meta or {}).get(HOLDS):
        return "hold"
    return cast(Severity, FailureSeverity(expectation.severity).value)


def within(
    column: str,
    sentence: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    severity: Severity = "critical",
    null_means: str | None = None,
) -> ExpectColumnValuesToBeBetween:
    """Expect every value of `column` to be in `[at_least, at_most]`; `sentence` says in words what that means.

    `null_means` says why a value may be null. With it, nulls are skipped, and a column of nothing but nulls has the
    outcome "no data" with that reason. Without it, a single null fails, because a missing value cannot be checked.
    A failure with the severity `hold` must be of a request hour, because settlement is held by request dates.
    """
    meta: dict[str, Any] = {"null_means": null_means} if null_means else {}
    if severity == "hold":
        meta[HOLDS] = True
    return ExpectColumnValuesToBeBetween(
        column=column,
        min_value=at_least,
        max_value=at_most,
        severity=FailureSeverity("critical" if severity == "hold" else severity),
        description=sentence,
        meta=meta,
    )
