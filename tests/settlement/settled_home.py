"""Homes for settlement tests: a real warehouse with real snapshots, into which a test writes decisions and publications itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from makegood.home import Home, publications_file
from makegood.publication.findings import HELD, Finding
from makegood.publication.publications import Contents, Publications
from makegood.settlement.ledger import Ledger
from makegood.settlement.settling import Settlement, Terms, settle
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach, head_snapshot

DAY = date(2026, 11, 1)
TERMS = Terms(timedelta(hours=6), 1_000, Decimal(1_000))
TABLES = """
create table fct_compensations (
    compensation_id varchar, source varchar, request_id varchar, account_id varchar, requested_at timestamp, request_date date,
    request_hour integer, cost_usd decimal(18, 12), payout_usd decimal(18, 12), policy_version varchar
);
alter table fct_compensations set partitioned by (request_date);
create table fct_request_hours (request_date date, request_hour integer, hour_at timestamp, compensation_digest varchar);
create table compensation_caps (scope varchar, cap_usd decimal(18, 12), effective_from timestamp, effective_to timestamp);
"""


@dataclass(frozen=True)
class Decision:
    """A compensated request. `at` is the number of hours since the start of DAY."""

    request_id: str
    at: float = 10
    payout_usd: str = "1"
    cost_usd: str = "100"
    account_id: str = "acme"
    policy_version: str = "1"

    @property
    def requested_at(self) -> datetime:
        return midnight(DAY) + timedelta(hours=self.at)

    @property
    def compensation_id(self) -> str:
        return hashlib.sha256(f"gateway|{self.request_id}".encode()).hexdigest()


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


@dataclass
class Warehouse:
    """A home whose warehouse has only the tables that a settlement reads, and whose ledger the test settles and reads."""

    path: Path
    decisions: list[Decision] = field(default_factory=list)
    awaited: dict[date, bool] = field(default_factory=dict)
    """Whether the audits hold these request dates; a date that they never held is not in it."""

    def __post_init__(self) -> None:
        self.home = Home(self.path).prepare()
        self.ledger = Ledger(self.home.ledger)
        self.create()

    def create(self) -> None:
        Publications(publications_file(self.home.warehouse)).close()
        with connect() as con:
            attach(con, self.home.warehouse, read_only=False)
            con.execute(TABLES)

    def set_decisions(self, *decisions: Decision) -> None:
        """Replace all decisions in a new snapshot. Only request hours whose decisions change are written, as incremental models would."""
        before, now = _by_hour(self.decisions), _by_hour(decisions)
        self.decisions = list(decisions)
        changed = sorted({hour for hour in before.keys() | now.keys() if before.get(hour) != now.get(hour)})
        with connect() as con:
            attach(con, self.home.warehouse, read_only=False)
            con.execute("create temp table changed as select unnest($hours)::timestamp as hour_at", {"hours": changed})
            con.execute("create temp table new_rows as from fct_compensations limit 0")
            for hour in changed:
                for row in now.get(hour, []):
                    con.execute(
                        "insert into new_rows values (?, 'gateway', ?, ?, ?, ?, ?, ?, ?, ?)",
                        [
                            row.compensation_id, row.request_id, row.account_id, row.requested_at, hour.date(), hour.hour,
                            Decimal(row.cost_usd), Decimal(row.payout_usd), row.policy_version,
                        ],
                    )  # fmt: skip
            con.execute("begin")
            con.execute(
                "delete from fct_compensations where request_date + to_hours(request_hour) in (select hour_at from changed);"
                " delete from fct_request_hours where hour_at in (select hour_at from changed);"
                " insert into fct_compensations from new_rows"
            )
            digests = {hour: repr(now.get(hour, [])) for hour in changed}
            con.execute(
                "insert into fct_request_hours select hour_at::date, hour(hour_at), hour_at, digest"
                " from (select unnest($hours)::timestamp as hour_at, unnest($digests) as digest)",
                {"hours": list(digests), "digests": list(digests.values())},
            )
            con.execute("commit")

    def set_caps(self, *rows: tuple[str, str, str, str | None]) -> None:
        """Replace all caps; a row is scope, USD, start and end."""
        with connect() as con:
            attach(con, self.home.warehouse, read_only=False)
            con.execute("delete from compensation_caps")
            for row in rows:
                con.execute("insert into compensation_caps values (?, ?, ?, ?)", list(row))

    def set_awaited(self, *days: date) -> None:
        """Replace the request dates whose money waits for acceptance from the next publication on."""
        self.awaited = dict.fromkeys(self.awaited, False) | dict.fromkeys(days, True)

    def publish(self, days: float = 60, start: float = 0) -> int:
        """Publish the latest snapshot for the landing hours from day `start` to day `days`, counted from DAY; returns the snapshot's id."""
        with connect() as con:
            attach(con, self.home.warehouse)
            snapshot = head_snapshot(con)
        record = Publications(publications_file(self.home.warehouse))
        landed = (midnight(DAY) + timedelta(days=start), midnight(DAY) + timedelta(days=days))
        head = self.ledger.head()
        record.mark_written(map(midnight, self.awaited), "run")
        record.findings.note("run", [_held(day) for day, is_held in self.awaited.items() if is_held])
        record.publish(snapshot, "run", Contents(None, 0, 0, Decimal(0)), landed, (head.sequence, head.digest))
        record.close()
        return snapshot

    def settle(self, settled: int = 3, **options: Any) -> Settlement:
        """Settle in the posting period that is `settled` days after DAY."""
        terms = options.pop("terms", TERMS)
        return settle(self.home, DAY + timedelta(days=settled), terms, **options)

    def entries(self, columns: str = "entry_type, amount_usd, reason") -> list[tuple[Any, ...]]:
        """The ledger's entries, in the order in which they were posted."""
        with connect(extensions=()) as con:
            return con.execute(
                f"select {columns} from {self.ledger.relation()} order by batch_id, request_date, compensation_id, account_id"
            ).fetchall()

    def posted(self) -> dict[tuple[str, str], Decimal]:
        """The total posted for each key, without keys whose total is 0."""
        with connect(extensions=()) as con:
            rows = con.execute(
                f"select compensation_id, account_id, sum(amount_usd) from {self.ledger.relation()} group by all having sum(amount_usd) <> 0"
            ).fetchall()
        return {(key, account): amount for key, account, amount in rows}

    def set_holds(self, *accounts: str) -> None:
        """Replace the hold list with these accounts."""
        (self.home.ledger / "holds.csv").write_text(
            "account_id,reason\n" + "".join(f"{account},disputed\n" for account in accounts)
        )


def _held(day: date) -> Finding:
    return Finding(
        "fct_compensations.payout_share",
        HELD,
        midnight(day),
        "1",
        "at most 0.5",
        "",
        "[]",
        1,
        Decimal(1),
        midnight(day),
    )


def _by_hour(decisions: Iterable[Decision]) -> dict[datetime, list[Decision]]:
    hours: dict[datetime, list[Decision]] = {}
    for row in decisions:
        hours.setdefault(row.requested_at.replace(minute=0, second=0, microsecond=0), []).append(row)
    return hours
