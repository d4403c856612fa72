"""Who runs a simulated gateway: lands, derives, publishes and settles by the code that Dagster's assets call, without Dagster.

A run through Dagster, with its audits, takes several times as long, and a simulated week has dozens. What is killed is a process of its own.
"""

from __future__ import annotations

import multiprocessing
import signal
import sqlite3
import time
from contextlib import closing
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from dbt_here import dbt, failures
from running_gateway import SOURCES

from makegood.derivation import planning, window
from makegood.home import Home, catalog_file
from makegood.hours import HourRange
from makegood.ingestion.finding import find_files
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.landing import land
from makegood.ingestion.sources import read_assessments, read_sources
from makegood.policy.digests import policy_digests
from makegood.policy.signals import baseline_terms
from makegood.policy.validation import valid_policy
from makegood.publication.querying import answer
from makegood.publication.reading import contents
from makegood.settings import PROJECT
from makegood.settlement.ledger import Ledger
from makegood.settlement.loading import load_without_a_run, write_run_inputs
from makegood.settlement.settling import Settlement, Terms, settle
from makegood.storage.warehouse import head_snapshot
from makegood.verdicts.placing import place
from orchestration.resources import PublicationRecord, Warehouse
from simulation.gateway_life import LOOKBACK

TERMS = Terms(timedelta(hours=6), 0, Decimal(0))
BUILD = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])


class Operator:
    """Runs and settlements over one home."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root).prepare()
        self.ledger = Ledger(self.home.ledger)
        self.warehouse, self.publication = Warehouse(home=str(root)), PublicationRecord(home=str(root))
        self.sources = root / "sources.yml"
        self.sources.write_text(SOURCES)
        self.run_ids = (f"{multiprocessing.current_process().pid}-{number}" for number in count())

    def run(self, start: datetime, end: datetime) -> None:
        """Land these landing hours, and what is new of those before; derive and publish."""
        hours, arriving = HourRange(start, end), HourRange(start - LOOKBACK, end)
        lake, lookback_hours = self.home.lake, LOOKBACK // timedelta(hours=1)
        self.warehouse.create()
        with closing(Inventory(lake / "inventory.sqlite")) as inventory:
            for read in (read_sources, read_assessments):
                land(find_files(read(self.sources, self.home.root), list(arriving), self.home.root), lake, inventory)
            place(arriving, lake, inventory)
            with self.warehouse.session() as con, self.publication.record() as record:
                others = planning.late_hours(hours, inventory, con, lookback_hours)
                others |= planning.hours_of_other_baselines(hours, inventory, con, lookback_hours, baseline_terms())
                others |= planning.hours_left_unaudited(hours, inventory, record.unaudited_hours())
            self._derive(window.plan(hours, lake, inventory, others), inventory, (start, end))

    def restate(self, start: datetime, end: datetime) -> None:
        """Derive these request hours again under the policy as it is now, and publish them."""
        with closing(Inventory(self.home.lake / "inventory.sqlite")) as inventory:
            with self.warehouse.session() as con:
                restated = planning.restated_hours(HourRange(start, end), con)
            self._derive(window.plan((), self.home.lake, inventory, restated), inventory, None)

    def settle(self, period: date, *, is_confirmed: bool = False) -> Settlement:
        """Post what is due, load it and publish it."""
        settlement = settle(self.home, period, TERMS, is_confirmed=is_confirmed)
        if load_without_a_run(self.home, self.warehouse.loaded_head()):
            self._build("--select", "tag:ledger")
        self._publish(next(self.run_ids), None)
        return settlement

    def start_and_kill(self, method: str, arguments: dict[str, Any], commits: int) -> bool:
        """Start `run` or `settle` in a process of its own, and kill it after this number of commits. Returns whether it was still running."""
        process = PROCESSES.Process(target=_call_operator, args=(self.home.root, method, arguments))
        process.start()
        before = self._commits()
        while process.is_alive() and self._commits() < before + commits:
            time.sleep(0.02)
        process.kill()
        process.join()
        return process.exitcode == -signal.SIGKILL

    def query(self, query: str) -> list[tuple[Any, ...]]:
        """The rows that a reader gets for this query."""
        return answer(self.home.root, query)[1]

    def _derive(self, planned: window.Window, inventory: Inventory, landed: tuple[datetime, datetime] | None) -> None:
        run_id, lake = next(self.run_ids), self.home.lake
        with self.publication.record() as record:
            record.mark_written(planned.request_hours, run_id)
        policy = policy_digests(valid_policy())
        with self.warehouse.session() as con:
            days = planning.unmeasured_days(planned, inventory, con, policy.baselines)
        window.write(planned, lake, inventory, policy, self.home.run_inputs, baseline_days=days)
        write_run_inputs(self.home, self.warehouse.loaded_head(), self.home.run_inputs)
        self._build()
        self._publish(run_id, landed)

    def _build(self, *selection: str) -> None:
        built = dbt(self.home.root, *BUILD, *selection, target=self.home.root / "dbt", project=PROJECT / "dbt_project")
        if not built.success:
            raise RuntimeError(failures(built))

    def _publish(self, run_id: str, landed: tuple[datetime, datetime] | None) -> None:
        head = self.ledger.head()
        with self.warehouse.session() as con, self.publication.record() as record:
            record.publish(head_snapshot(con), run_id, contents(con), landed, (head.sequence, head.digest))

    def _commits(self) -> int:
        """Snapshots of the warehouse and batches of the ledger."""
        with closing(sqlite3.connect(catalog_file(self.home.warehouse), timeout=60)) as db:
            return int(db.execute("select max(snapshot_id) from ducklake_snapshot").fetchone()[0]) + len(
                list(self.ledger.batches_dir.glob("*.parquet"))
            )


def _call_operator(root: Path, method: str, arguments: dict[str, Any]) -> None:
    getattr(Operator(root), method)(**arguments)
