"""Compares the compensations of some hours before and after a publication, by type. It publishes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import duckdb

BY_TYPE = """
select compensation_type, sum(compensation_count), sum(payout_usd)
from mart_compensation_hourly
where request_date in (select unnest($hours)::date) and hour_at in (select unnest($hours))
group by compensation_type
"""


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
    named = {"hours": sorted(hours)}
    old, new = (
        {kind: (int(count), usd) for kind, count, usd in con.execute(BY_TYPE, named).fetchall()}
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
