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
    table made from that text once, such as one row per hour; a null in a judged column means "not judged",
    and `unjudged` is the reason. `keys` name the row in a finding.
    """

    name: str
    keys: tuple[str, ...]
    expectations: tuple[ExpectColumnValuesToBeBetween, ...]
    sql: str | None = None
    unjudged: str = "no rows"


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
    unjudged: str | None = None,
) -> ExpectColumnValuesToBeBetween:
    """Every judged value of `column` lies in `[at_least, at_most]`; `sentence` says in words what that means.

    `unjudged` says why the column can be null in every row, where that is not the relation's own reason.
    """
    meta: dict[str, Any] = {"unjudged": unjudged} if unjudged else {}
    return ExpectColumnValuesToBeBetween(
        column=column,
        min_value=at_least,
        max_value=at_most,
        severity=FailureSeverity(severity),
        description=sentence,
        meta=meta,
    )
