"""What is normal: how long a model's answers of a size took, of the days before and of nothing that came later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from oracle.faults import is_cancelled, is_error
from oracle.merging import Request, requests_of
from oracle.records import Key, Log, Price

TRAILING = timedelta(days=7)
FEWEST = 50
PERCENT = 95
SIZES = (0, 64, 256, 1024, 4096)
"""Where the buckets of output size begin; the last is open."""

Group = tuple[str, str, str, int]
"""Source, operation, model, size."""


def size_of(output_tokens: int) -> int:
    """The bucket of an answer: the first size of it."""
    return max(size for size in SIZES if size <= output_tokens)


def group_of(request: Request) -> Group | None:
    """Whom a request is compared with; nobody where its answer's size is unknown."""
    if request.output_tokens is None:
        return None
    return request.source, request.operation, request.model, size_of(request.output_tokens)


def is_normal(request: Request) -> bool:
    """Successful, not cancelled, and timed: what others may be measured by."""
    return not is_error(request) and not is_cancelled(request) and request.latency_ms is not None


def nearest_rank(ordered: list[int], percent: int) -> int | None:
    """The smallest value that at least so many percent of the values do not exceed."""
    if not ordered:
        return None
    return ordered[-(-len(ordered) * percent // 100) - 1]


class Baselines:
    """The p95 of each group for each day, worked out when a day is asked for."""

    def __init__(self, keys: Iterable[list[Log]], prices: dict[str, list[Price]]) -> None:
        self.keys, self.prices = list(keys), prices
        self._days: dict[date, dict[Group, int]] = {}
        self._requests: dict[tuple[Key, int], list[Request]] = {}

    def normal_latency(self, request: Request) -> int | None:
        """What is normal for a request on its day, in milliseconds."""
        day, group = request.requested_at.date(), group_of(request)
        if day not in self._days:
            self._days[day] = self._of(day)
        return None if group is None else self._days[day].get(group)

    def _of(self, day: date) -> dict[Group, int]:
        """Of the 7 days before the day, as they were known when it began; groups of too few requests have no normal."""
        began = datetime.combine(day, time())
        latencies: dict[Group, list[int]] = defaultdict(list)
        for deliveries in self.keys:
            for request in self._known(deliveries, began):
                group = group_of(request)
                if group is not None and request.latency_ms is not None and is_normal(request):
                    latencies[group].append(request.latency_ms)
        return {
            group: normal
            for group, found in latencies.items()
            if len(found) >= FEWEST and (normal := nearest_rank(sorted(found), PERCENT)) is not None
        }

    def _known(self, deliveries: list[Log], began: datetime) -> list[Request]:
        """The key's requests of the days before, of what had landed: from day to day that only grows, so its number tells it."""
        landed = [part for part in deliveries if part.landed_hour < began]
        if not any(began - TRAILING <= part.requested_at < began for part in landed):
            return []
        known = (landed[0].key, len(landed))
        if known not in self._requests:
            self._requests[known] = requests_of(landed, self.prices)
        return [request for request in self._requests[known] if began - TRAILING <= request.hour < began]
