"""Latency baselines: the 95th percentile of comparable requests in the 7 days before a day, from what had landed by then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from oracle.faults import is_cancelled, is_error
from oracle.merging import Request, requests_of
from oracle.records import Key, Log, Price

LOOKBACK = timedelta(days=7)
MIN_REQUESTS = 50
PERCENT = 95
SIZES = (0, 64, 256, 1024, 4096)
"""The smallest number of output tokens in each size bucket. The last bucket has no upper limit."""

Group = tuple[str, str, str, int]
"""Source, operation, model and the start of the size bucket."""


def size_of(output_tokens: int) -> int:
    """The smallest number of output tokens in the bucket that an answer falls into."""
    return max(size for size in SIZES if size <= output_tokens)


def group_of(request: Request) -> Group | None:
    """The group of requests that a request is compared with, or None if the size of its answer is unknown."""
    if request.output_tokens is None:
        return None
    return request.source, request.operation, request.model, size_of(request.output_tokens)


def counts_towards_baseline(request: Request) -> bool:
    """Whether a request counts towards a baseline: it succeeded, was not cancelled, and its latency is known."""
    return not is_error(request) and not is_cancelled(request) and request.latency_ms is not None


def nearest_rank(ordered: list[int], percent: int) -> int | None:
    """The nearest-rank percentile: the smallest value that at least `percent` percent of the values do not exceed."""
    if not ordered:
        return None
    return ordered[-(-len(ordered) * percent // 100) - 1]


class Baselines:
    """The p95 of each group for each day, computed when a day is first asked for."""

    def __init__(self, keys: Iterable[list[Log]], prices: dict[str, list[Price]]) -> None:
        self.keys, self.prices = list(keys), prices
        self._days: dict[date, dict[Group, int]] = {}
        self._requests: dict[tuple[Key, int], list[Request]] = {}

    def baseline_ms(self, request: Request) -> int | None:
        """The baseline for a request on its day, in milliseconds, or None if there is none."""
        day, group = request.requested_at.date(), group_of(request)
        if day not in self._days:
            self._days[day] = self._baselines_for(day)
        return None if group is None else self._days[day].get(group)

    def _baselines_for(self, day: date) -> dict[Group, int]:
        """The baselines for a day, from the 7 days before it as they were known when it began. Groups with too few requests have none."""
        day_start = datetime.combine(day, time())
        latencies: dict[Group, list[int]] = defaultdict(list)
        for deliveries in self.keys:
            for request in self._known(deliveries, day_start):
                group = group_of(request)
                if group is not None and request.latency_ms is not None and counts_towards_baseline(request):
                    latencies[group].append(request.latency_ms)
        return {
            group: normal
            for group, found in latencies.items()
            if len(found) >= MIN_REQUESTS and (normal := nearest_rank(sorted(found), PERCENT)) is not None
        }

    def _known(self, deliveries: list[Log], day_start: datetime) -> list[Request]:
        """The key's requests in the 7 days before, from the deliveries that had landed by then.

        The landed deliveries of a key only grow from day to day, so their number identifies them in the cache.
        """
        landed = [part for part in deliveries if part.landed_hour < day_start]
        if not any(day_start - LOOKBACK <= part.requested_at < day_start for part in landed):
            return []
        known = (landed[0].key, len(landed))
        if known not in self._requests:
            self._requests[known] = requests_of(landed, self.prices)
        return [request for request in self._requests[known] if day_start - LOOKBACK <= request.hour < day_start]
