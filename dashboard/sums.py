"""Where the counts and sums of a range are read: whole days as far as it holds them, and hours at its ends. What is asked of them is queries.py's.

A relation here has the columns of the hourly mart that the page sums; the counts of a whole day stand at its first hour.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from dashboard.following import Session
from makegood.hours import HOUR

DAY = timedelta(days=1)
Relation = tuple[str, dict[str, Any]]
"""Its SQL, and the values to bind."""

OF_ALL = "select * from figures.{table} where hour_at >= $from_{number} and hour_at < $to_{number}"
ACCOUNT_DAYS = """
select hour_at, compensation_type, model, compensation_count, payout_usd from {account_days}
where account_id = $account and hour_at >= $from_{number} and hour_at < $to_{number}
"""
ACCOUNT_HOURS = """
select date_trunc('hour', requested_at) as hour_at, compensation_type, model, count(*) as compensation_count, sum(payout_usd) as payout_usd
from {facts} where account_id = $account and requested_at >= $from_{number} and requested_at < $to_{number} group by all
"""


def whole_days(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The whole days of UTC inside the range [start, end); both are `end` or the same midnight where there is none."""
    first = min(end, midnight(start + DAY - timedelta.resolution))
    return first, max(first, midnight(end))


def midnight(at: datetime) -> datetime:
    """The beginning of the day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def sums(session: Session, account: str | None, bounds: list[datetime], *, by_hour: bool = False) -> Relation:
    """The counts of the ranges between the bounds, of all accounts or of one.

    Args:
        session: what is published.
        account: None is all.
        bounds: hours, in order; no day's counts reach over one of them.
        by_hour: whether every hour is asked for.
    """
    pieces, values = list[str](), {"account": account} if account is not None else dict[str, Any]()
    for start, end in pairwise(bounds):
        first, last = (end, end) if by_hour else whole_days(start, end)
        for table, since, until in (("hours", start, first), ("days", first, last), ("hours", last, end)):
            if since < until:
                number = len(pieces)
                form = OF_ALL if account is None else ACCOUNT_DAYS if table == "days" else ACCOUNT_HOURS
                places = {"facts": session.facts(since), "account_days": session.account_days(since)}
                pieces.append(form.format(table=table, number=number, **places))
                values |= {f"from_{number}": since, f"to_{number}": until}
    return f"({' union all '.join(pieces)})", values


def end_of(at: datetime, account: str | None, start: datetime, end: datetime) -> datetime:
    """Where the counts that stand at `at` end, in a relation of [start, end)."""
    first, last = whole_days(start, end)
    return at + (DAY if account is not None and first <= at < last else HOUR)
