"""Builds the relation from which the counts and sums of a range are read: daily rows for its whole days, hourly rows at its ends.

The relation has the columns of the hourly mart that the page sums. The row of a whole day has the day's first hour as hour_at.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from dashboard.sessions import Session
from makegood.hours import HOUR
from makegood.storage.queries import sql_beside

DAY = timedelta(days=1)
Relation = tuple[str, dict[str, Any]]
"""A subquery and the values to bind."""


def whole_days(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The bounds of the whole UTC days inside [start, end). Where there is no whole day, both bounds are equal."""
    first = min(end, midnight(start + DAY - timedelta.resolution))
    return first, max(first, midnight(end))


def midnight(at: datetime) -> datetime:
    """The start of the day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def sums(session: Session, account: str | None, bounds: list[datetime], *, by_hour: bool = False) -> Relation:
    """The counts and sums between the bounds, for all accounts or for one.

    Args:
        session: the session on the published snapshot.
        account: None means all accounts.
        bounds: ascending hours; no daily row spans one of them.
        by_hour: whether only hourly rows are used.
    """
    pieces, values = list[str](), {"account": account} if account is not None else dict[str, Any]()
    for start, end in pairwise(bounds):
        first, last = (end, end) if by_hour else whole_days(start, end)
        for table, since, until in (("hours", start, first), ("days", first, last), ("hours", last, end)):
            if since < until:
                number = len(pieces)
                name = "hours_or_days_between" if account is None else f"account_{table}_between"
                places = {"facts": session.facts(since), "account_days": session.account_days(since)}
                pieces.append(sql_beside(__file__, name).format(table=table, number=number, **places))
                values |= {f"from_{number}": since, f"to_{number}": until}
    return f"({' union all '.join(pieces)})", values


def end_of(at: datetime, account: str | None, start: datetime, end: datetime) -> datetime:
    """The end of the period that the row with hour_at `at` covers, in a relation over [start, end)."""
    first, last = whole_days(start, end)
    return at + (DAY if account is not None and first <= at < last else HOUR)
