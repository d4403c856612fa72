"""The audits that wait for an answer: money that a person has to accept, and faults that keep hours from being published."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from makegood.home import Home, publications_file
from makegood.publication.findings import HELD, Finding
from makegood.publication.publications import Publications
from makegood.publication.reading import reading
from makegood.settlement.acceptances import answered
from makegood.storage.queries import named_rows, sql_beside

SHOWN_ROWS = 3


@dataclass(frozen=True)
class OpenAudit:
    """One finding that waits, with what a person needs to answer it.

    Attributes:
        check: the table and column that was judged; what `makegood accept` takes.
        is_blocking: whether it keeps the hour from being published, and cannot be accepted.
        hour: the request hour (naive UTC); None where a fault is of several.
        measured: the value that was measured.
        allowed: the limits.
        sentence: what the check expects.
        since: when this value was first found, UTC.
        payout_usd: what the hour pays; None where nothing is published of it.
        rows: the first rows that show it: the hour's largest payouts, or the rows at fault.
    """

    check: str
    is_blocking: bool
    hour: datetime | None
    measured: str
    allowed: str
    sentence: str
    since: datetime
    payout_usd: Decimal | None
    rows: list[dict[str, Any]]


def open_audits(home: Home) -> list[OpenAudit]:
    """All findings that wait: first the faults that block a publication, then the money that nobody has accepted, by hour.

    Raises:
        MakegoodError: the record of publications or an acceptance is damaged.
    """
    file = publications_file(home.warehouse)
    if not file.exists():
        return []
    record = Publications(file)
    try:
        blocking, current = record.findings.blocking(), record.current()
    finally:
        record.close()
    found = [_open(one, None, json.loads(one.rows)) for one in blocking]
    held = answered(home, current.snapshot_id).open if current else ()
    if held:
        with reading(home.warehouse) as (con, _):
            for one in held:
                assert one.hour is not None
                places = {"day": one.hour.date(), "hour": one.hour.hour, "most": SHOWN_ROWS}
                rows = list(named_rows(con.execute(sql_beside(__file__, "largest_payouts"), places)))
                payout = rows[0].pop("hour_payout_usd") if rows else Decimal(0)
                found.append(
                    _open(one, payout, [{k: v for k, v in row.items() if k != "hour_payout_usd"} for row in rows])
                )
    return found


def _open(one: Finding, payout_usd: Decimal | None, rows: list[dict[str, Any]]) -> OpenAudit:
    return OpenAudit(
        one.check,
        one.severity != HELD,
        one.hour,
        one.measured,
        one.allowed,
        one.sentence,
        one.found_at,
        payout_usd,
        rows,
    )
