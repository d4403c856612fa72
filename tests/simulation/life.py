"""A simulated life: days of traffic, runs and settlements by the real code, each compared with what the rules say."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from oracle.reference import answer
from settlement.posting_rules import Key, allowed

from orchestration.errors import MakegoodError
from orchestration.publication.publications import Contents, Publications
from orchestration.publication.reading import current_publication, publications_file
from orchestration.settings import PROJECT
from orchestration.settlement.ledger import Ledger
from orchestration.settlement.verifying import verify
from simulation.gateway_life import DAY, FIRST, HOUR, GatewayLife
from simulation.operator import Operator
from simulation.simulated_policy import SimulatedPolicy

GRACE = timedelta(hours=6)


@dataclass(frozen=True)
class Payout:
    """A compensated request as settlement counts it."""

    compensation_id: str
    account_id: str
    requested_at: datetime
    request_id: str
    payout_usd: Decimal


class Disagreement(AssertionError):
    """The real code and the model do not agree."""


class Life:
    """One seed's life in one home. `days` are played one after another; `note` is told what happens."""

    def __init__(self, root: Path, seed: int, note: Callable[[str], None]) -> None:
        self.random = Random(seed)
        self.operator = Operator(root)
        self.files = GatewayLife(root, self.random)
        self.policy = SimulatedPolicy(PROJECT / "dbt_project" / "seeds", self.random)
        self.home = self.operator.home
        self.note = note
        self.end = FIRST
        self.held: set[str] = set()
        self.posted: dict[Key, Decimal] = {}
        self.settled_snapshot = 0

    def plays(self, days: int) -> None:
        """So many days. Raises Disagreement with the day on which the code and the model part."""
        for number in range(days):
            day = FIRST + DAY * number
            self.note(f"day {number + 1} of {days}: {day:%Y-%m-%d}")
            self.files.lives_a_day(day)
            self._runs_the_day(day)
            self._something_happens()
            self._agrees_on_decisions()
            self._settles(day)
        if not (verdict := verify(self.home, GRACE)).is_sound:
            raise Disagreement(f"the proof fails: {verdict.problems}")

    def _runs_the_day(self, day: datetime) -> None:
        """The day's landing hours: as one range, as two in any order, or again after a run that was killed."""
        self.end = day + DAY
        way = self.random.random()
        if way < 0.6:
            self._runs(day, day + DAY)
        elif way < 0.8:
            middle = day + HOUR * self.random.randrange(1, 24)
            for start, end in self.random.sample([(day, middle), (middle, day + DAY)], 2):
                self._runs(start, end)
        else:
            self._is_killed(["run", "--from", f"{day:%Y-%m-%dT%H}", "--to", f"{day + DAY:%Y-%m-%dT%H}"])
            self._runs(day, day + DAY)

    def _something_happens(self) -> None:
        """One of what may happen to a gateway, its policy and its warehouse, or nothing."""
        happens = self.random.choice(
            (
                self._changes_files,
                self._policy_changes,
                self._caps_change,
                self._is_rebuilt,
                self._is_rolled_back,
                self._hold_changes,
            )
        )
        self.note(f"  {happens.__name__.strip('_').replace('_', ' ')}")
        happens()

    def _changes_files(self) -> None:
        for hour in {self.files.changes_a_file() for _ in range(3)}:
            if hour is not None:
                self._runs(hour, hour + HOUR)

    def _policy_changes(self) -> None:
        self.policy.changes_in_the_past()
        self._runs(FIRST, self.end)

    def _caps_change(self) -> None:
        self.policy.caps_change()
        self._runs(self.end - HOUR, self.end)

    def _is_rebuilt(self) -> None:
        shutil.rmtree(self.home.warehouse)
        self.settled_snapshot = 0
        self._runs(FIRST, self.end)

    def _is_rolled_back(self) -> None:
        """An older publication is published again: it is not settled, and the next run publishes what is newest."""
        with sqlite3.connect(publications_file(self.home.warehouse)) as db:
            snapshots = [row[0] for row in db.execute("select distinct snapshot_id from publications order by 1")]
        record = Publications(publications_file(self.home.warehouse))
        current = record.current()
        assert current is not None
        contents = Contents(None, 0, 0, Decimal(0))
        record.publish(snapshots[0], "rollback", contents, None, (current.ledger_sequence, current.ledger_digest))
        record.close()
        if snapshots[0] < self.settled_snapshot:
            try:
                self.operator.settles(self.end.date())
            except MakegoodError as error:
                self.note(f"  refused: {error}")
            else:
                raise Disagreement("a snapshot older than the one settled was settled")
        self._runs(self.end - HOUR, self.end)

    def _hold_changes(self) -> None:
        self.held = set() if self.held else {"acme"}
        rows = "".join(f"{account},simulated\n" for account in sorted(self.held))
        self.home.ledger.mkdir(parents=True, exist_ok=True)
        (self.home.ledger / "holds.csv").write_text("account_id,reason\n" + rows)

    def _settles(self, day: datetime) -> None:
        """The posting period of the day; now and then killed before, and always again afterwards, which posts nothing."""
        period = day.date()
        if self.random.random() < 0.15:
            self._is_killed(["settle", "--date", str(period), "--confirm"])
        self.settled_snapshot = current_publication(self.home.warehouse).snapshot_id
        self.operator.settles(period, is_confirmed=True)
        self._agrees_on_sums()
        if self.random.random() < 0.3 and self.operator.settles(period).entry_count:
            raise Disagreement("settling again posted something")

    def _runs(self, start: datetime, end: datetime) -> None:
        self.note(f"  run {start:%m-%dT%H} to {end:%m-%dT%H}")
        self.operator.runs(start, end)
        self.files.lands(start, end)

    def _is_killed(self, command: list[str]) -> None:
        self.note(f"  killed: {' '.join(command)}")
        self.operator.is_killed(command, self.random.randrange(1, 6))

    def _expected(self) -> list[dict[str, Any]]:
        return answer(self.files.deliveries(), [], self.policy.policy).compensations

    def _agrees_on_decisions(self) -> None:
        """Every compensated request, its account, amount and rule."""
        columns = ("request_id", "account_id", "requested_at", "cost_usd", "payout_usd", "rule_id")
        expected = sorted(tuple(row[column] for column in columns) for row in self._expected())
        found = sorted(self.operator.sees(f"select {', '.join(columns)} from fct_compensations"))
        if expected != found:
            raise Disagreement(_difference("decisions", set(expected), set(found)))

    def _agrees_on_sums(self) -> None:
        """What every key has come to, in the ledger's files and as readers see it."""
        payouts = [
            Payout(row["compensation_id"], row["account_id"], row["requested_at"], row["request_id"], row["payout_usd"])
            for row in self._expected()
        ]
        sums = allowed(payouts, self.policy.caps, _closed_until(self.end))
        self.posted = {key: amount for key, amount in self.posted.items() if key[1] in self.held} | {
            key: amount for key, amount in sums.items() if key[1] not in self.held
        }
        query = "select compensation_id, account_id, sum(amount_usd) from fct_ledger_entries group by all having sum(amount_usd) <> 0"
        found = (
            {(key, account): amount for key, account, amount in self.operator.sees(query)}
            if Ledger(self.home.ledger).files()
            else {}
        )
        if found != self.posted:
            raise Disagreement(_difference("sums", set(self.posted.items()), set(found.items())))


def _closed_until(end: datetime) -> date:
    """The first day of which a landing hour up to the grace after its end is not published."""
    day = FIRST
    while day + DAY + GRACE <= end:
        day += DAY
    return day.date()


def _difference(what: str, expected: set[Any], found: set[Any]) -> str:
    missing, extra = sorted(expected - found, key=repr)[:3], sorted(found - expected, key=repr)[:3]
    return f"{what} differ: the rules say {missing}, the code says {extra} ({len(expected - found)} and {len(found - expected)} in all)"
