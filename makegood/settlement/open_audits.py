"""The audits that wait for an answer: money that a person has to accept, and faults that keep hours from being published."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from makegood.home import Home, catalog_file, publications_file
from makegood.hours import HOUR
from makegood.publication.findings import Finding
from makegood.publication.publications import Publications
from makegood.publication.reading import reading
from makegood.settlement.acceptances import answered
from makegood.storage.queries import named_rows, sql_beside

SHOWN_ROWS = 3


@dataclass(frozen=True)
class OpenAudit:
    """What one check found, in one or more hours in a row, with what a person needs to answer it.

    Attributes:
        check: the table and column that was judged; what `makegood accept` takes.
        is_blocking: whether it keeps hours from being published, and cannot be accepted.
        start: the first request hour (naive UTC); None where a fault is not of an hour.
        end: the hour after the last one.
        measured: the value that was measured, or the least and the greatest of them.
        allowed: the limits.
        sentence: what the check expects.
        since: when the first of these values was first found, UTC.
        compensation_count: how many compensations the hours have; 0 where nothing is published.
        payout_usd: what they come to.
        rows: the first rows that show it: the largest payouts of the hours, or the rows at fault.
    """

    check: str
    is_blocking: bool
    start: datetime | None
    end: datetime | None
    measured: str
    allowed: str
    sentence: str
    since: datetime
    compensation_count: int
    payout_usd: Decimal
    rows: list[dict[str, Any]]


def open_audits(home: Home) -> list[OpenAudit]:
    """All that waits: first the faults that block a publication, then the money that nobody has accepted, by check and hour.

    Raises:
        MakegoodError: the record of publications or an acceptance is damaged or lost.
    """
    file = publications_file(home.warehouse)
    if not file.exists() and not catalog_file(home.warehouse).exists():
        return []
    record = Publications(file)
    try:
        blocking, current = record.findings.blocking(), record.current()
    finally:
        record.close()
    found = [_open([one], is_blocking=True, rows=json.loads(one.rows)) for one in blocking]
    held = answered(home, current.snapshot_id).open if current else ()
    if held:
        with reading(home.warehouse) as (con, _):
            for group in _in_a_row(held):
                shown = con.execute(sql_beside(__file__, "largest_payouts"), _places(group))
                found.append(_open(group, is_blocking=False, rows=list(named_rows(shown))))
    return found


def _in_a_row(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    """The findings of a check with the same limits, as long as each is of the hour after the one before."""
    group: list[Finding] = []
    for one in sorted(findings, key=lambda one: (one.check, one.sentence, _hour(one))):
        if group and not _follows(one, group[-1]):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _follows(one: Finding, before: Finding) -> bool:
    is_same = (one.check, one.sentence, one.allowed) == (before.check, before.sentence, before.allowed)
    return is_same and _hour(one) - _hour(before) == HOUR


def _hour(one: Finding) -> datetime:
    assert one.hour is not None, "only findings of an hour hold the settlement"
    return one.hour


def _places(group: list[Finding]) -> dict[str, Any]:
    first, last = _hour(group[0]), _hour(group[-1])
    return {"first_date": first.date(), "last_date": last.date(), "first": first, "last": last, "most": SHOWN_ROWS}


def _open(group: list[Finding], *, is_blocking: bool, rows: list[dict[str, Any]]) -> OpenAudit:
    first, last = group[0], group[-1]
    values = sorted({one.measured for one in group}, key=_as_number)
    return OpenAudit(
        check=first.check,
        is_blocking=is_blocking,
        start=first.hour,
        end=last.hour + HOUR if last.hour else None,
        measured=values[0] if len(values) == 1 else f"{values[0]} to {values[-1]}",
        allowed=first.allowed,
        sentence=first.sentence,
        since=min(one.found_at for one in group),
        compensation_count=sum(one.compensation_count for one in group),
        payout_usd=sum((one.payout_usd for one in group), Decimal(0)),
        rows=rows,
    )


def _as_number(measured: str) -> Decimal:
    """For the order of values: `inf` is the greatest."""
    try:
        return Decimal(measured)
    except ArithmeticError:
        return Decimal("-Infinity")
