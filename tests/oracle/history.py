"""Generates the days before: enough, or slightly too few, requests for a latency baseline, and others that must not count towards it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from oracle.baselines import LOOKBACK, MIN_REQUESTS, PERCENT, SIZES
from oracle.chances import MILLISECOND, Chances
from oracle.merging import hour_of
from oracle.records import Log

HOUR = timedelta(hours=1)
DAYS = (datetime(2026, 11, 2), datetime(2026, 11, 3), datetime(2026, 11, 4))
COUNTS = (MIN_REQUESTS - 1, MIN_REQUESTS, MIN_REQUESTS + 1, MIN_REQUESTS + 10)
BOUNDS = (*SIZES, 8192)
SOURCE = "gateway"
SLOW = 10_000_000


@dataclass(frozen=True, slots=True)
class Past:
    """A model with `count` answers in one size bucket when `day` begins. `normal_ms` is their p95, if they are enough for one."""

    day: datetime
    model: str
    count: int
    normal_ms: int
    least_tokens: int
    most_tokens: int

    @property
    def tokens(self) -> tuple[int, ...]:
        """Token counts at the edges of the size bucket, and just outside them."""
        edges = (self.least_tokens, self.most_tokens)
        return (*edges, *edges, max(edges[0] - 1, 0), edges[1] + 1)


def pasts(chances: Chances) -> list[Past]:
    """One model for each day and count.

    The models are not requested on other days, so their baselines are known in advance.
    """
    return [_past(chances, day, count) for day in DAYS for count in COUNTS]


def _past(chances: Chances, day: datetime, count: int) -> Past:
    size = chances.one(range(len(SIZES)))
    normal = chances.one((1, 3, 4000, 6667, 10_000))
    return Past(day, f"steady/{day:%d}/{count}", count, normal, BOUNDS[size], BOUNDS[size + 1] - 1)


def generate_history(chances: Chances, past: Past, template: Log) -> Iterator[Log]:
    """The requests that make up a baseline, and slow ones that would change the baseline if they counted."""
    rank = -(-past.count * PERCENT // 100)
    for number in range(past.count):
        if number < rank:
            latency = past.normal_ms if number == rank - 1 else chances.one((0, past.normal_ms, past.normal_ms))
        else:
            latency = SLOW
        yield from _with_corrections(chances, past, _answer(chances, past, template, f"h{number}", latency))
    for number, changes in enumerate(_changes_that_exclude(past)):
        for repetition in range(3):
            yield replace(_answer(chances, past, template, f"x{number}.{repetition}", SLOW), **changes)


def _with_corrections(chances: Chances, past: Past, correct: Log) -> Iterator[Log]:
    """The delivery, sometimes after a wrong one that it corrects, or before a wrong one that lands too late for the day's baseline."""
    if chances.hit(0.3):
        yield replace(correct, latency_ms=SLOW, landing_line=0)
    yield correct
    if chances.hit(0.3):
        yield replace(correct, latency_ms=SLOW, landed_hour=past.day, landing_line=correct.landing_line + 1)


def _answer(chances: Chances, past: Past, template: Log, name: str, latency_ms: int) -> Log:
    """A successful request in the 7 days before the day: at their first or last moment, or at a few times in between."""
    last = past.day - MILLISECOND
    started = chances.one((past.day - LOOKBACK, last, past.day - 2 * LOOKBACK / 7, past.day - 5 * HOUR))
    return replace(
        template,
        source=SOURCE,
        request_id=f"{past.model}/{name}",
        operation="chat",
        requested_at=started,
        model=past.model,
        output_tokens=chances.one((past.least_tokens, past.most_tokens)),
        latency_ms=latency_ms,
        cancelled=chances.one((False, None)),
        finish_reason=chances.one(("stop", "length", None)),
        status_code=chances.one(("200", None)),
        error_origin=None,
        landed_hour=hour_of(chances.one((started, last))),
    )


def _changes_that_exclude(past: Past) -> list[dict[str, Any]]:
    """Changes to a request, each of which alone excludes it from the baseline."""
    return [
        {"landed_hour": past.day},
        {"requested_at": past.day - LOOKBACK - MILLISECOND},
        {"finish_reason": "error"},
        {"status_code": "503"},
        {"cancelled": True},
        {"finish_reason": "cancelled"},
        {"status_code": "499"},
        {"latency_ms": None},
        {"output_tokens": None},
        {"output_tokens": past.least_tokens - 1 if past.least_tokens else past.most_tokens + 1},
        {"source": SOURCE.upper()},
        {"model": past.model.upper()},
        {"operation": "responses"},
        {"error_origin": "gateway"},
    ]
