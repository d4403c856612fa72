"""Compares the compensations of some hours before and after a publication, by type. It publishes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import duckdb

from makegood.storage.queries import sql_beside


@dataclass(frozen=True)
class Change:
    """Compensations of one type in some hours: their number, and what they pay in USD."""

    compensation_type: str
    count_before: int
    count_after: int
    usd_before: Decimal
    usd_after: Decimal

    def __str__(self) -> str:
        """The change as one line of text."""
        return f"{self.compensation_type}: {self.count_before:,} → {self.count_after:,} compensations, {self.usd_before:f} → {self.usd_after:f} USD"


def changes(
    before: duckdb.DuckDBPyConnection, after: duckdb.DuckDBPyConnection, hours: Iterable[datetime]
) -> list[Change]:
    """The types with a compensation in these hours (naive UTC) before or after, sorted by name, including types that did not change."""
    by_type, named = sql_beside(__file__, "compensations_by_type"), {"hours": sorted(hours)}
    old, new = (
        {kind: (int(count), usd) for kind, count, usd in con.execute(by_type, named).fetchall()}
        for con in (before, after)
    )
    nothing = (0, Decimal(0))
    return [
        Change(
            kind,
            old.get(kind, nothing)[0],
            new.get(kind, nothing)[0],
            old.get(kind, nothing)[1],
            new.get(kind, nothing)[1],
        )
        for kind in sorted(old | new)
    ]
