"""The words in which a suite is written: relations and the expectations on them. Names no table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations.results import Severity


@dataclass(frozen=True)
class Relation:
    """A relation that Great Expectations judges.

    Without `sql` it is the view `audited_<table>` (the table's rows in the window). With `sql` it is a small
    table made from that text once, such as one row per hour. Where it has no row at all there is no data, and
    `empty_means` says why that is right. `keys` name the row in a finding.
    """

    name: str
    keys: tuple[str, ...]
    expectations: tuple[ExpectColumnValuesToBeBetween, ...]
    sql: str | None = None
    empty_means: str = "no rows"


@dataclass(frozen=True)
class Suite:
    """All that is judged about one table; `reads` are the tables needed as `audited_…` and `trailing_…`."""

    table: str
    relations: Sequence[Relation]
    reads: tuple[str, ...] = field(default=())


def within(
    column: str,
    sentence: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    severity: Severity = "critical",
    null_means: str | None = None,
) -> ExpectColumnValuesToBeBetween:
    """Every value of `column` lies in `[at_least, at_most]`; `sentence` says in words what that means.

    A null is no value. `null_means` says why there may be none, and then an expectation that finds nothing but nulls says
    "no data" and that reason; without it, a single null fails, for then nobody knows whether all is well.
    """
    meta: dict[str, Any] = {"null_means": null_means} if null_means else {}
    return ExpectColumnValuesToBeBetween(
        column=column,
        min_value=at_least,
        max_value=at_most,
        severity=FailureSeverity(severity),
        description=sentence,
        meta=meta,
    )
