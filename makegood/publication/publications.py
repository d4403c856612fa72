"""The record of publications, and of hours that were written since but not audited. Readers see the last publication.

Snapshots are linear: publishing one shows everything written before it. So nothing may be published while any hour that was written, by
whatever run, is unaudited.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError
from makegood.home import catalog_file
from makegood.publication.findings import Findings
from makegood.storage.queries import only_row, sql_beside
from makegood.storage.rows import plain
from makegood.storage.sqlite_files import fault, is_there, open_sqlite
from makegood.storage.warehouse import rebuilding

ROLLBACK = "rollback"
"""The run id of a publication that shows an earlier snapshot again."""


@dataclass(frozen=True)
class Publication:
    """One publication. Times are naive UTC; `data_through` is the end of the last request hour that it contains.

    The ledger's head (`ledger_sequence`, `ledger_digest`) is 0 and empty until something was settled.
    """

    publication_id: int
    snapshot_id: int
    run_id: str
    published_at: datetime
    landing_from: datetime | None
    landing_to: datetime | None
    hour_count: int
    data_through: datetime | None
    request_count: int
    compensation_count: int
    payout_usd: Decimal
    ledger_sequence: int
    ledger_digest: str


COLUMNS = [field.name for field in fields(Publication)]
"""The columns of a recorded publication. Its seal is a digest of all of them, so that a damaged record never shows readers wrong data."""
RECORDED = f"select {', '.join(COLUMNS)}, seal from publications"


@dataclass(frozen=True)
class Contents:
    """The key figures of a snapshot that its publication records."""

    data_through: datetime | None
    request_count: int
    compensation_count: int
    payout_usd: Decimal


class Publications:
    """Reads and writes the record. Every write is one transaction."""

    def __init__(self, file: Path) -> None:
        """Open the SQLite file beside the warehouse's catalog, or create it.

        Raises:
            MakegoodError: it is damaged, or it is missing although a catalog exists, so that it is unknown what was audited.
        """
        self._file = file
        way_out = rebuilding(file.parent)
        if not is_there(file) and is_there(catalog_file(file.parent)):
            raise MakegoodError(f"{file} is missing or empty, so it is unknown what was audited: {way_out}")
        self._db = open_sqlite(file, way_out)
        self._db.executescript(sql_beside(__file__, "publications"))
        self.findings = Findings(self._db, file)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def current(self) -> Publication | None:
        """The publication that readers see; None before the first one."""
        return self._one()

    def publication(self, publication_id: int) -> Publication | None:
        """The publication with this number; None if there is none."""
        return self._one("where publication_id = ?", publication_id) if abs(publication_id) < 1 << 63 else None

    def before(self, snapshot_id: int) -> Publication | None:
        """The last publication of an older snapshot; None if there is none."""
        return self._one("where snapshot_id < ?", snapshot_id)

    def recent(self, count: int) -> list[Publication]:
        """The last `count` publications, newest first."""
        rows = self._db.execute(f"{RECORDED} order by publication_id desc limit ?", (count,))
        return [self._publication(row) for row in rows]

    def mark_written(self, hours: Iterable[datetime], run_id: str) -> None:
        """Record that the run will write these request hours; must be called before it writes."""
        self._db.execute("begin immediate")
        self._db.executemany(
            "insert or replace into unaudited_hours values (?, ?)", [(hour.isoformat(), run_id) for hour in hours]
        )
        self._db.execute("commit")

    def unaudited_hours(self) -> list[tuple[datetime, str]]:
        """Request hours written since the last publication, each with the run that last wrote it."""
        rows = self._db.execute("select request_hour, run_id from unaudited_hours order by request_hour")
        return [(datetime.fromisoformat(hour), run_id) for hour, run_id in rows]

    def landing_ranges(self, snapshot_id: int) -> list[tuple[datetime, datetime]]:
        """The landing hours that were published with this snapshot or an earlier one, as ranges [start, end)."""
        rows = self._db.execute(f"{RECORDED} where snapshot_id <= ? and landing_from is not null", (snapshot_id,))
        published = (self._publication(row) for row in rows)
        return [(one.landing_from, one.landing_to) for one in published if one.landing_from and one.landing_to]

    def catalog_seal(self, snapshot_id: int) -> str | None:
        """The seal of the catalog at a snapshot; None if there is none, or while the upkeep is running."""
        row = self._db.execute("select seal from catalog_seals where snapshot_id = ?", (snapshot_id,)).fetchone()
        return row[0] if row else None

    def file_seal(self, path: str) -> bytes | None:
        """The checksums of a data file, by its path in the catalog; None if it was not sealed."""
        row = self._db.execute("select seal from file_seals where path = ?", (path,)).fetchone()
        return row[0] if row else None

    def sealed_files(self) -> set[str]:
        """The paths of all sealed files."""
        return {path for (path,) in self._db.execute("select path from file_seals")}

    def note_seals(self, snapshots: Mapping[int, str], files: Mapping[str, bytes]) -> None:
        """Store the seals of these snapshots and files."""
        self._db.execute("begin immediate")
        self._db.executemany("insert or replace into catalog_seals values (?, ?)", snapshots.items())
        self._db.executemany("insert or replace into file_seals values (?, ?)", files.items())
        self._db.execute("commit")

    def forget_catalog_seals(self) -> None:
        """Delete the catalog's seals, because the upkeep is about to rewrite the catalog without changing its meaning."""
        self._db.execute("delete from catalog_seals")

    def forget_file_seals(self, paths: Iterable[str]) -> None:
        """Delete the seals of these files."""
        gone = [(path,) for path in paths]
        self._db.execute("begin immediate")
        self._db.executemany("delete from file_seals where path = ?", gone)
        self._db.execute("commit")

    def publish(
        self,
        snapshot_id: int,
        run_id: str,
        contents: Contents,
        landing: tuple[datetime, datetime] | None,
        ledger_head: tuple[int, str] = (0, ""),
    ) -> Publication:
        """Make the snapshot what readers see. The caller guarantees that the run's own hours passed their audits.

        `ledger_head` is the number and digest of the ledger's last batch, 0 and empty before the first.

        If unaudited hours of another run prevent publishing, the run's own hours still count as passed: the next publication shows them.

        Raises:
            MakegoodError: other runs wrote hours that did not pass; names them and what to do.
        """
        hours = self._passed(run_id, snapshot_id)
        self._db.execute("begin immediate")
        try:
            if others := [hour for hour, _ in self.unaudited_hours()]:
                raise MakegoodError(
                    f"not published: {len(others)} request hours from {others[0]:%Y-%m-%dT%H} to {others[-1]:%Y-%m-%dT%H} were written by"
                    " a run that did not pass its audits; run their landing hours again first"
                )
            published = self._insert(snapshot_id, run_id, landing, hours, contents, ledger_head)
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")
        return published

    def publish_again(self, earlier: Publication) -> Publication:
        """Show readers an earlier publication again. The ledger is never rolled back: the head recorded is still the newest one."""
        now = self.current()
        assert now is not None
        contents = Contents(earlier.data_through, earlier.request_count, earlier.compensation_count, earlier.payout_usd)
        head = (now.ledger_sequence, now.ledger_digest)
        return self._insert(earlier.snapshot_id, ROLLBACK, None, earlier.hour_count, contents, head)

    def _one(self, condition: str = "", *values: int) -> Publication | None:
        """The last publication that satisfies the condition."""
        row = self._db.execute(f"{RECORDED} {condition} order by publication_id desc limit 1", values).fetchone()
        return self._publication(row) if row else None

    def _publication(self, row: tuple[Any, ...]) -> Publication:
        *values, seal = row
        try:
            recorded = dict(zip(COLUMNS, values, strict=True))
            if _seal(values) != seal:
                raise ValueError(f"publication {recorded['publication_id']} differs from what was recorded")
            recorded["published_at"] = datetime.fromisoformat(recorded["published_at"])
            for name in ("landing_from", "landing_to", "data_through"):
                recorded[name] = recorded[name] and datetime.fromisoformat(recorded[name])
            return Publication(**recorded | {"payout_usd": Decimal(recorded["payout_usd"])})
        except (ValueError, TypeError, ArithmeticError) as error:
            raise fault(self._file, error, rebuilding(self._file.parent)) from error

    def _insert(
        self,
        snapshot_id: int,
        run_id: str,
        landing: tuple[datetime, datetime] | None,
        hour_count: int,
        contents: Contents,
        ledger_head: tuple[int, str],
    ) -> Publication:
        """Insert a new last publication."""
        landing_from, landing_to = landing or (None, None)
        ledger_sequence, ledger_digest = ledger_head
        (last,) = only_row(self._db.execute("select coalesce(max(publication_id), 0) from publications"))
        published = Publication(
            publication_id=last + 1,
            snapshot_id=snapshot_id,
            run_id=run_id,
            published_at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            landing_from=landing_from,
            landing_to=landing_to,
            hour_count=hour_count,
            data_through=contents.data_through,
            request_count=contents.request_count,
            compensation_count=contents.compensation_count,
            payout_usd=contents.payout_usd,
            ledger_sequence=ledger_sequence,
            ledger_digest=ledger_digest,
        )
        recorded = plain(asdict(published))
        places = ", ".join(f":{name}" for name in (*COLUMNS, "seal"))
        self._db.execute(
            f"insert into publications ({', '.join(COLUMNS)}, seal) values ({places})",
            {**recorded, "seal": _seal(recorded.values())},
        )
        return published

    def _passed(self, run_id: str, snapshot_id: int) -> int:
        """Remove the run's hours from the unaudited ones, whether or not it can publish, and make what was found in them valid.

        Returns how many hours there were.
        """
        self._db.execute("begin immediate")
        self.findings.pass_on(run_id, snapshot_id)
        hours = self._db.execute("delete from unaudited_hours where run_id = ?", (run_id,)).rowcount
        self._db.execute("commit")
        return hours


def _seal(values: Iterable[Any]) -> str:
    return hashlib.sha256(json.dumps(list(values)).encode()).hexdigest()
