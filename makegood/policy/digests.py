"""Digests of the seeds and baseline terms that each hour is decided under. A change of policy changes only the hours where it applies."""

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
"""Seeds that no decision depends on: settlement applies them."""
WORDS = ("label", "description")
"""Columns that are only displayed; no decision depends on them."""


@dataclass(frozen=True)
class PolicyDigests:
    """The policy digests: each start (naive UTC, ascending, the first is `BEGINNING`) has the digest of the hours up to the next one."""

    starts: tuple[datetime, ...]
    digests: tuple[str, ...]
    baselines: BaselineTerms

    def at(self, hour: datetime) -> str:
        """The digest of the policy in force during an hour."""
        return self.digests[bisect_right(self.starts, hour) - 1]


def policy_digests(policy: Policy, baselines: BaselineTerms | None = None) -> PolicyDigests:
    """The policy's digests for all hours, with the baseline terms of dbt_project.yml unless others are given."""
    terms = baselines or baseline_terms()
    rows = [row for seed in sorted(policy) if seed not in UNDECIDING for row in policy[seed]]
    starts = sorted({BEGINNING, *(start for row in rows for start in _changes(row))})
    ends = [*starts[1:], END]
    return PolicyDigests(
        tuple(starts), tuple(_digest(rows, terms, start, end) for start, end in zip(starts, ends, strict=True)), terms
    )


def _changes(row: Row) -> Iterator[datetime]:
    """The starts of the hours in which the row starts or stops being in force and, if that is in mid-hour, of the following hours."""
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
    """The row as it applies to the hours from `start` to `end`; empty if it does not apply to them."""
    since, until = row.values.get("effective_from") or start, row.values.get("effective_to") or end
    if since >= end or until <= start:
        return ""
    seen = {name: value for name, value in row.values.items() if name not in WORDS}
    seen |= {"effective_from": max(since, start), "effective_to": min(until, end)}
    if since <= start and until >= end:
        seen |= {"effective_from": None, "effective_to": None}
    return f"{row.file}|{sorted((name, str(value)) for name, value in seen.items())}"
