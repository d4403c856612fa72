"""Which request dates are closed, meaning that no more landing hours are awaited for them. due.py computes what they owe.

A date D is closed when all landing hours from the first published one up to D + 1 day + grace (the grace period after its end) are
published. Late files can still change a closed date; the difference is then due as a correction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True)
class Coverage:
    """Landing hours that are published without a gap, [start, end), naive UTC."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%dT%H} to {self.end:%Y-%m-%dT%H}"

    def closed_until(self, grace: timedelta) -> date:
        """The first request date that is not closed."""
        return (self.end - grace).date()

    def reaches(self, other: "Coverage") -> bool:
        """Whether this coverage includes all of the other one."""
        return self.start <= other.start and self.end >= other.end


def coverage(published: Iterable[tuple[datetime, datetime]]) -> Coverage | None:
    """The landing hours from the first published one up to the first gap; None if nothing is published.

    Args:
        published: ranges [start, end) of landing hours, in any order, overlapping or not.
    """
    ranges = sorted(published)
    if not ranges:
        return None
    start, end = ranges[0]
    for following_start, following_end in ranges[1:]:
        if following_start > end:
            break
        end = max(end, following_end)
    return Coverage(start, end)
