"""What the two charts draw: their buckets of time, and the groups with a value for each."""

from datetime import datetime, timedelta
from decimal import Decimal

from dashboard.answers import Group
from dashboard.filters import Selection
from dashboard.sums import midnight
from makegood.hours import HOUR


def buckets_of(selected: Selection, bucket: str) -> list[datetime]:
    """Every hour or day of the range, those without compensation included."""
    step = HOUR if bucket == "hour" else timedelta(days=1)
    at = selected.start if bucket == "hour" else midnight(selected.start)
    buckets = []
    while at < selected.end:
        buckets.append(at)
        at += step
    return buckets


def group(key: str | None, label: str, values: dict[datetime, Decimal], buckets: list[datetime]) -> Group:
    """A group with its total, and 0 in every bucket in which it has no value."""
    drawn = [values.get(at, Decimal(0)) for at in buckets]
    return Group(key=key, label=label, total=sum(drawn, Decimal(0)), values=drawn)
