"""The building blocks of a suite: relations and the checks on them. Does not import Great Expectations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from expectations.results import Severity

Bound = str | float | None
"""A number, the name of a limit in thresholds.py, a name with `-` before it for the negative of a limit, or no bound."""


@dataclass(frozen=True)
class Check:
    """Every value of `column` is in `[at_least, at_most]`; `sentence` says in words what that means.

    `null_means` says why a value may be null. With it, nulls are skipped, and a column of nothing but nulls has the
    outcome "no data" with that reason. Without it, a single null fails, because a missing value cannot be checked.
    A check with the severity `hold` must judge request hours, because settlement is held by request dates.
    """

    column: str
    sentence: str
    at_least: Bound = None
    at_most: Bound = None
    severity: Severity = "critical"
    null_means: str | None = None

    @property
    def limits(self) -> set[str]:
        """The names of the limits that it uses."""
        return {bound.removeprefix("-") for bound in (self.at_least, self.at_most) if isinstance(bound, str)}


@dataclass(frozen=True)
class Relation:
    """A relation that is checked.

    Without `query` it is the view `audited_<table>` (the table's rows in the window). With it, it is a small table
    that is created once from the query of that name in `sql/`, for example with one row per hour. Where it is empty,
    the outcome is "no data", and `empty_means` says why that is acceptable. `keys` are the columns that identify a
    row in a finding. `by` are the columns by which limits may differ.
    """

    name: str
    keys: tuple[str, ...]
    checks: tuple[Check, ...]
    query: str | None = None
    empty_means: str = "no rows"
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suite:
    """All checks of one table; `reads` are the tables that are needed as `audited_…` and `trailing_…`."""

    table: str
    relations: Sequence[Relation]
    reads: tuple[str, ...] = field(default=())
