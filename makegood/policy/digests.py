"""Which seeds, and which terms of a normal latency, an hour is decided under, as a digest. A change of the policy changes the digests of the hours that it is in force in, and no others."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from makegood.hours import HOUR, floor_hour
from makegood.policy.seeds import Policy, Row
from makegood.policy.signals import BaselineTerms, baseline_terms

BEGINNING, END = datetime(1, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001 - naive UTC throughout
UNDECIDING = ("compensation_caps",)
"""Seeds that no decision reads: settlement applies them."""
WORDS = ("label", "description")
"""Columns that readers see and no decision reads."""


@dataclass(frozen=True)
class PolicyDigests:
    """The digests of the hours from each start (naive UTC, in order, the first is the beginning of time) up to the next."""

    starts: tuple[datetime, ...]
    digests: tuple[str, ...]
    baselines: BaselineTerms

    def at(self, hour: datetime) -> str:
        """The digest of what is in force during an hour."""
        return self.digests[bisect_right(self.starts, hour) - 1]


def policy_digests(policy: Policy, baselines: BaselineTerms | None = None) -> PolicyDigests:
    """The digests of a policy, of all hours; under the declared terms of a normal latency unless others are given."""
    terms = baselines or baseline_terms()
    rows = [row for seed in sorted(policy) if seed not in UNDECIDING for row in policy[seed]]
    starts = sorted({BEGINNING, *(start for row in rows for start in _changes(row))})
    ends = [*starts[1:], END]
    return PolicyDigests(
        tuple(starts), tuple(_digest(rows, terms, start, end) for start, end in zip(starts, ends, strict=True)), terms
    )


def _changes(row: Row) -> Iterator[datetime]:
    """Starts of hours in which a row comes into force or ceases, and of the hours after these."""
    for bound in (row.values.get("effective_from"), row.values.get("effective_to")):
        if bound is not None:
            yield floor_hour(bound)
            if bound != floor_hour(bound):
                yield floor_hour(bound) + HOUR


def _digest(rows: list[Row], terms: BaselineTerms, start: datetime, end: datetime) -> str:
    digest = hashlib.sha256(terms.wording.encode() + b"\0")
    for text in sorted(filter(None, (_in_force(row, start, end) for row in rows))):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:16]


def _in_force(row: Row, start: datetime, end: datetime) -> str:
    """The row as the hours from `start` to `end` see it; empty where they do not."""
    since, until = row.values.get("effective_from") or start, row.values.get("effective_to") or end
    if since >= end or until <= start:
        return ""
    seen = {name: value for name, value in row.values.items() if name not in WORDS}
    seen |= {"effective_from": max(since, start), "effective_to": min(until, end)}
    if since <= start and until >= end:
        seen |= {"effective_from": None, "effective_to": None}
    return f"{row.file}|{sorted((name, str(value)) for name, value in seen.items())}"
