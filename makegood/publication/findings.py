"""What audits found and a person has to answer: money that is surprising and holds the settlement, and faults that block a publication.

A run's findings are noted before it publishes. When its hours have passed, those that hold the settlement become valid from its snapshot on,
in the place of what earlier runs found in the same hours. A rollback to an earlier snapshot therefore shows its own findings again.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from makegood.storage.queries import sql_beside
from makegood.storage.sqlite_files import fault
from makegood.storage.warehouse import rebuilding

HELD = "hold"
BLOCKED = "critical"


@dataclass(frozen=True)
class Finding:
    """What one check found wrong with one request hour, or with a run.

    Attributes:
        check: the table and the column that was judged, such as `fct_compensations.payout_share`.
        severity: `hold` or `critical`, as the audits use these words.
        hour: the request hour (naive UTC); None for a fault of several rows.
        measured: the value, as text with all its digits.
        allowed: the limits, as text.
        sentence: what the check expects.
        rows: the first rows that show a fault, as JSON.
        compensation_count: how many compensations the hour has; 0 for a fault.
        payout_usd: what they come to; 0 for a fault.
        found_at: when this value was first found, UTC.
    """

    check: str
    severity: str
    hour: datetime | None
    measured: str
    allowed: str
    sentence: str
    rows: str
    compensation_count: int
    payout_usd: Decimal
    found_at: datetime


COLUMNS = (
    "check_name", "severity", "request_hour", "measured", "allowed", "sentence", "rows", "compensation_count", "payout_usd", "found_at",
)  # fmt: skip


class Findings:
    """The findings in the record of publications, over its open connection."""

    def __init__(self, db: sqlite3.Connection, file: Path) -> None:
        """`db` is the database of publications, in which the tables exist, and `file` its file."""
        self._db, self._file = db, file

    def note(self, run_id: str, findings: Iterable[Finding]) -> None:
        """Record what a run's audits found, in the place of what they found before."""
        self._db.execute("begin immediate")
        self._db.execute(sql_beside(__file__, "forget_noted_findings"), {"run_id": run_id})
        self._db.executemany(
            f"insert into noted_findings values (?, {', '.join('?' * len(COLUMNS))})",
            [(run_id, *_values(finding)) for finding in findings],
        )
        self._db.execute("commit")

    def pass_on(self, run_id: str, snapshot_id: int) -> None:
        """Make the run's findings valid from this snapshot on. Part of the caller's transaction, before the run's hours count as audited."""
        places = {"run_id": run_id, "snapshot_id": snapshot_id}
        self._db.execute(sql_beside(__file__, "end_findings"), places)
        noted = self._db.execute(sql_beside(__file__, "noted_holds"), places).fetchall()
        self._db.executemany(
            f"insert or replace into findings values ({', '.join('?' * len(COLUMNS))}, ?, null, ?)",
            [(*row, snapshot_id, _seal(row)) for row in noted],
        )
        self._db.execute(sql_beside(__file__, "forget_noted_findings"), places)

    def held(self, snapshot_id: int) -> list[Finding]:
        """What holds the settlement at a published snapshot, by hour and check.

        Raises:
            MakegoodError: a finding differs from what was recorded.
        """
        rows = self._db.execute(sql_beside(__file__, "held_findings"), {"snapshot_id": snapshot_id}).fetchall()
        for *row, seal in rows:
            if _seal(row) != seal:
                damage = ValueError(f"the finding of {row[0]} in {row[2]} differs from what was recorded")
                raise fault(self._file, damage, rebuilding(self._file.parent))
        return [_finding(row) for *row, _ in rows]

    def blocking(self) -> list[Finding]:
        """What keeps hours that were written from being published."""
        return [_finding(row) for row in self._db.execute(sql_beside(__file__, "blocking_findings")).fetchall()]


def now() -> datetime:
    """The time of a new finding."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def _values(finding: Finding) -> tuple[Any, ...]:
    values = asdict(finding)
    return tuple(
        value.isoformat()
        if isinstance(value, datetime)
        else format(value, "f")
        if isinstance(value, Decimal)
        else value
        for value in values.values()
    )


def _finding(row: Sequence[Any]) -> Finding:
    check, severity, hour, measured, allowed, sentence, rows, count, payout_usd, found_at = row
    at = datetime.fromisoformat(hour) if hour else None
    found = datetime.fromisoformat(found_at)
    return Finding(check, severity, at, measured, allowed, sentence, rows, count, Decimal(payout_usd), found)


def _seal(row: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(list(row)).encode()).hexdigest()
