"""What came before: just enough, or just too few, answers from which a normal latency is known, among others that must not count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from oracle.baselines import FEWEST, PERCENT, SIZES, TRAILING
from oracle.chances import MILLISECOND, Chances
from oracle.merging import hour_of
from oracle.records import Log

HOUR = timedelta(hours=1)
DAYS = (datetime(2026, 11, 2), datetime(2026, 11, 3), datetime(2026, 11, 4))
COUNTS = (FEWEST - 1, FEWEST, FEWEST + 1, FEWEST + 10)
BOUNDS = (*SIZES, 8192)
SOURCE = "gateway"
SLOW = 10_000_000


@dataclass(frozen=True, slots=True)
class Past:
    """A model of which `count` answers of one size are known when `day` begins; `normal_ms` is their p95 if they are enough."""

    day: datetime
    model: str
    count: int
    normal_ms: int
    least_tokens: int
    most_tokens: int

    @property
    def tokens(self) -> tuple[int, ...]:
        """Answers at the edges of the size, and just beyond them."""
        edges = (self.least_tokens, self.most_tokens)
        return (*edges, *edges, max(edges[0] - 1, 0), edges[1] + 1)


def pasts(chances: Chances) -> list[Past]:
    """A model for each day and count, asked for on no other day, so that what is normal for it is known beforehand."""
    return [_past(chances, day, count) for day in DAYS for count in COUNTS]


def _past(chances: Chances, day: datetime, count: int) -> Past:
    size = chances.one(range(len(SIZES)))
    normal = chances.one((1, 3, 4000, 6667, 10_000))
    return Past(day, f"steady/{day:%d}/{count}", count, normal, BOUNDS[size], BOUNDS[size + 1] - 1)


def a_history(chances: Chances, past: Past, plain: Log) -> Iterator[Log]:
    """The answers of a past, and as many slow ones that would make it another if they counted."""
    rank = -(-past.count * PERCENT // 100)
    for number in range(past.count):
        if number < rank:
            latency = past.normal_ms if number == rank - 1 else chances.one((0, past.normal_ms, past.normal_ms))
        else:
            latency = SLOW
        yield from _told_more_than_once(chances, past, _answer(chances, past, plain, f"h{number}", latency))
    for number, changes in enumerate(_that_do_not_count(past)):
        for again in range(3):
            yield replace(_answer(chances, past, plain, f"x{number}.{again}", SLOW), **changes)


def _told_more_than_once(chances: Chances, past: Past, right: Log) -> Iterator[Log]:
    """The answer, now and then mended before the day began, or told otherwise when it had begun, which is too late."""
    if chances.hit(0.3):
        yield replace(right, latency_ms=SLOW, landing_line=0)
    yield right
    if chances.hit(0.3):
        yield replace(right, latency_ms=SLOW, landed_hour=past.day, landing_line=right.landing_line + 1)


def _answer(chances: Chances, past: Past, plain: Log, name: str, latency_ms: int) -> Log:
    """A good answer of the 7 days before the day: on their first or last moment, or a few in between."""
    last = past.day - MILLISECOND
    started = chances.one((past.day - TRAILING, last, past.day - 2 * TRAILING / 7, past.day - 5 * HOUR))
    return replace(
        plain,
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


def _that_do_not_count(past: Past) -> list[dict[str, Any]]:
    """Changes to an answer of which each alone keeps it out of what is normal."""
    return [
        {"landed_hour": past.day},
        {"requested_at": past.day - TRAILING - MILLISECOND},
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
