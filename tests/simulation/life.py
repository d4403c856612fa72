"""A simulated life: days of traffic, runs and settlements by the real code, each compared with what the rules say."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from oracle.reference import answer
from settlement.posting_rules import Key, allowed

from makegood.errors import MakegoodError
from makegood.publication.publications import Publication
from makegood.publication.reading import current_publication
from makegood.publication.rolling_back import roll_back
from makegood.settings import PROJECT
from makegood.settlement.verifying import verify
from simulation.assessors import Assessors
from simulation.events import Deck, Events
from simulation.gateway_life import DAY, FIRST, HOUR, LOOKBACK, GatewayLife, landed_key
from simulation.operator import TERMS, Operator
from simulation.simulated_policy import SimulatedPolicy

COMMITS_OF_A_RUN = 16
COLUMNS = ("request_id", "account_id", "requested_at", "cost_usd", "payout_usd", "rule_id")
EARLIEST = FIRST - 20 * DAY
"""Before every request of a life."""

Play = Callable[[], None]
Rows = list[tuple[Any, ...]]


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
        self.random, self.events, self.note = Random(seed), Events(), note
        self.operator = Operator(root)
        self.home = self.operator.home
        self.files = GatewayLife(root, self.random, self.events)
        self.assessors = Assessors(self.files, self.random, self.events)
        self.policy = SimulatedPolicy(PROJECT / "dbt_project" / "seeds", self.random)
        self.start, self.end = FIRST, FIRST
        self.held: set[str] = set()
        self.posted: dict[Key, Decimal] = {}
        self.decided: dict[Key, Decimal] = {}
        self.capped: set[str] = set()
        self.seen: dict[Publication, Rows] = {}
        self.settled_snapshot = 0
        self.chores = Deck[Play](self.random, (self._change_holds, self._change_caps, self._do_nothing))
        self.incidents = Deck[Play](
            self.random,
            (
                self._change_files,
                self._change_rate,
                self._opt_account_out,
                self._rebuild,
                self._roll_back,
                self._do_nothing,
            ),
        )
        self.ways = Deck[Play](
            self.random,
            (self._run_once, self._run_once, self._run_twice, self._run_in_any_order, self._run_after_a_killed_run),
        )
        self.settlements = Deck[Play](
            self.random, (self._settle, self._settle_twice, self._settle_after_a_killed_settlement)
        )

    def play_days(self, days: int) -> None:
        """So many days. Raises Disagreement with the day on which the code and the model part."""
        for number in range(days):
            self.start, self.end = FIRST + DAY * number, FIRST + DAY * (number + 1)
            self.note(f"day {number + 1} of {days}: {self.start:%Y-%m-%d}")
            self.files.simulate_day(self.start)
            self.assessors.assess(self.start)
            self._play(self.chores)
            if number:
                self._play(self.incidents)
            self._play(self.ways)
            self._compare_decisions()
            self._play(self.settlements)
            self._compare_sums()
        if not (verdict := verify(self.home, TERMS.grace)).is_sound:
            raise Disagreement(f"the proof fails: {verdict.problems}")

    def _play(self, deck: Deck[Play]) -> None:
        play = deck.draw()
        self.note(f"  {play.__name__.strip('_').replace('_', ' ')}")
        play()

    def _do_nothing(self) -> None:
        pass

    def _change_holds(self) -> None:
        """An account's entries wait from now on, or no longer."""
        self.events.count("a hold lifted" if self.held else "a hold")
        self.held = set() if self.held else {"acme"}
        rows = "".join(f"{account},simulated\n" for account in sorted(self.held))
        self.home.ledger.mkdir(parents=True, exist_ok=True)
        (self.home.ledger / "holds.csv").write_text("account_id,reason\n" + rows)

    def _change_caps(self) -> None:
        """They hold with the next publication, which the day's run makes."""
        self.events.count("other caps")
        self.policy.change_caps()

    def _change_files(self) -> None:
        """Files of a day that was run before are others now; the day is run again."""
        day = self.files.change_files()
        self._run(day, day + DAY)

    def _change_rate(self) -> None:
        self.events.count("a rate changed in the past")
        self.policy.change_rate()
        self._restate()

    def _opt_account_out(self) -> None:
        self.events.count("an account opts out in the past")
        self.policy.opt_account_out()
        self._restate()

    def _restate(self) -> None:
        self.note("  restated")
        self.operator.restate(EARLIEST, self.start)

    def _rebuild(self) -> None:
        """The warehouse is lost; the day's run makes it anew from the lake."""
        self.events.count("a rebuild")
        shutil.rmtree(self.home.warehouse)
        self.home.prepare()
        self.seen.clear()
        self.settled_snapshot, self.start = 0, FIRST

    def _roll_back(self) -> None:
        """Readers see what they saw then, and what is older than the last settlement is not settled; the day's run moves them on."""
        current_snapshot = current_publication(self.home.warehouse).snapshot_id
        older = [publication for publication in self.seen if publication.snapshot_id < current_snapshot]
        if not older:
            return
        self.events.count("a rollback")
        publication = self.random.choice(older)
        roll_back(self.home, publication.publication_id)
        if self._published_compensations() != self.seen[publication]:
            raise Disagreement("after a rollback readers see something else than they saw then")
        if publication.snapshot_id < self.settled_snapshot:
            try:
                self.operator.settle(self.end.date())
            except MakegoodError as error:
                self.note(f"  refused: {error}")
            else:
                raise Disagreement("a snapshot older than the one settled was settled")

    def _run_once(self) -> None:
        self._run(self.start, self.end)

    def _run_twice(self) -> None:
        self._run(self.start, self.end)
        before = self._published_compensations()
        self.events.count("a rerun")
        self._run(self.start, self.end)
        if self._published_compensations() != before:
            raise Disagreement("running the same hours again changed what readers see")

    def _run_in_any_order(self) -> None:
        """The hours in two or three pieces, the later ones first as often as not."""
        self.events.count("a backfill in any order")
        hours = (self.end - self.start) // HOUR
        cuts = sorted(self.random.sample(range(1, hours), self.random.randrange(1, 3)))
        edges = [self.start, *(self.start + HOUR * cut for cut in cuts), self.end]
        pieces = list(pairwise(edges))
        for start, end in self.random.sample(pieces, len(pieces)):
            self._run(start, end)

    def _run_after_a_killed_run(self) -> None:
        """A run is killed at one of its commits, and done again."""
        self.operator.warehouse.create()
        arguments = {"start": self.start, "end": self.end}
        if self.operator.start_and_kill("run", arguments, self.random.randrange(1, COMMITS_OF_A_RUN)):
            self.events.count("a killed run")
        self._run(self.start, self.end)

    def _run(self, start: datetime, end: datetime) -> None:
        self.note(f"  run {start:%m-%dT%H} to {end:%m-%dT%H}")
        self.operator.run(start, end)
        self.files.land(start - LOOKBACK, end)

    def _settle(self) -> None:
        """The posting period of the day."""
        self.settled_snapshot = current_publication(self.home.warehouse).snapshot_id
        if self.operator.settle(self._period(), is_confirmed=True).entry_count:
            self.events.count("a settlement")

    def _settle_twice(self) -> None:
        """Settling a second time posts nothing."""
        self._settle()
        self.events.count("a settlement again")
        if self.operator.settle(self._period()).entry_count:
            raise Disagreement("settling again posted something")

    def _settle_after_a_killed_settlement(self) -> None:
        """A settlement is killed when it has posted, or while readers are shown it; then it is done again."""
        arguments = {"period": self._period(), "is_confirmed": True}
        if self.operator.start_and_kill("settle", arguments, self.random.randrange(1, 3)):
            self.events.count("a killed settlement")
        self._settle()

    def _period(self) -> date:
        return (self.end - DAY).date()

    def _published_compensations(self) -> Rows:
        return sorted(self.operator.query(f"select {', '.join(COLUMNS)} from fct_compensations"))

    def _expected_compensations(self) -> list[dict[str, Any]]:
        policy = self.policy.policy
        return answer(self.files.deliveries(), self.assessors.verdicts(), policy, landed_key).compensations

    def _compare_decisions(self) -> None:
        """Every compensated request, its account, amount and rule."""
        expected = sorted(tuple(row[column] for column in COLUMNS) for row in self._expected_compensations())
        found = self._published_compensations()
        if expected != found:
            raise Disagreement(_difference("decisions", expected, found))
        self.seen[current_publication(self.home.warehouse)] = found

    def _compare_sums(self) -> None:
        """What every key has come to, as readers see it."""
        payouts = [
            Payout(**{name: row[name] for name in Payout.__dataclass_fields__})
            for row in self._expected_compensations()
        ]
        closed_until = _closed_until(self.end)
        sums = allowed(payouts, self.policy.caps, closed_until)
        self._note_what_caps_changed(allowed(payouts, [], closed_until), sums)
        self.posted = {key: amount for key, amount in self.posted.items() if key[1] in self.held} | {
            key: amount for key, amount in sums.items() if key[1] not in self.held
        }
        query = "select compensation_id, account_id, sum(amount_usd) from fct_ledger_entries group by all having sum(amount_usd) <> 0"
        found = {(key, account): amount for key, account, amount in self.operator.query(query)}
        if found != self.posted:
            raise Disagreement(_difference("sums", self.posted.items(), found.items()))

    def _note_what_caps_changed(self, decided: dict[Key, Decimal], sums: dict[Key, Decimal]) -> None:
        withdrawn = {key[1] for key in self.decided.keys() - decided.keys()}
        if withdrawn & self.capped:
            self.events.count("a cap hit, then a withdrawal")
        self.capped = {key[1] for key, amount in decided.items() if sums.get(key) != amount}
        self.decided = decided


def _closed_until(end: datetime) -> date:
    """The first day of which a landing hour up to the grace after its end is not published."""
    day = FIRST
    while day + DAY + TERMS.grace <= end:
        day += DAY
    return day.date()


def _difference(subject: str, expected: Iterable[Any], found: Iterable[Any]) -> str:
    missing, extra = sorted(set(expected) - set(found), key=repr), sorted(set(found) - set(expected), key=repr)
    return f"{subject} differ: the rules say {missing[:3]}, the code says {extra[:3]} ({len(missing)} and {len(extra)} in all)"
