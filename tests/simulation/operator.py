"""Who runs a simulated gateway: lands, derives, publishes and settles by the code that Dagster's assets call, without Dagster.

A run through Dagster takes several times as long, and a simulated week has dozens. What is killed is the command line, Dagster and all.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from dbt_here import dbt, failures
from running_gateway import SOURCES

from orchestration.duck import connect
from orchestration.home import Home
from orchestration.hours import HourRange
from orchestration.ingestion import window
from orchestration.ingestion.inventory import Inventory
from orchestration.ingestion.landing import land
from orchestration.ingestion.sources import find_files, read_sources
from orchestration.policy.digests import policy_digests
from orchestration.policy.validation import valid_policy
from orchestration.publication.publications import Publications
from orchestration.publication.querying import answer
from orchestration.publication.reading import contents, publications_file
from orchestration.settings import PROJECT
from orchestration.settlement.ledger import Ledger
from orchestration.settlement.loading import hand_over, hand_over_alone, loaded_batch_id
from orchestration.settlement.settling import Settlement, Terms, settle
from orchestration.warehouse import attach, has_table, head_snapshot

RUN_ID = "simulated"
TERMS = Terms(timedelta(hours=6), 0, Decimal(0))
BUILD = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")


class Operator:
    """Runs and settlements over one home."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root).prepare()
        self.ledger = Ledger(self.home.ledger)
        self.sources = root / "sources.yml"
        self.sources.write_text(SOURCES)

    def runs(self, start: datetime, end: datetime) -> None:
        """Land, derive and publish these landing hours."""
        home, hours = self.home.prepare(), list(HourRange(start, end))
        policy = policy_digests(valid_policy())
        with connect() as con:
            attach(con, home.warehouse, read_only=False)
        inventory, record = Inventory(home.lake / "inventory.sqlite"), Publications(publications_file(home.warehouse))
        try:
            land(find_files(read_sources(self.sources, home.root), hours, home.root), home.lake, inventory)
            whole = window.plan(hours, home.lake, inventory)
            record.mark_written(whole.request_hours, RUN_ID)
            window.write(whole, home.lake, inventory, policy, home.run_inputs)
            hand_over(self.ledger, self._loaded(), home.run_inputs)
            self._builds()
            self._publishes(record, (start, end))
        finally:
            inventory.close()
            record.close()

    def settles(self, period: date, *, is_confirmed: bool = False) -> Settlement:
        """Post what is due, load it and publish it."""
        done = settle(self.home, period, TERMS, is_confirmed=is_confirmed)
        if hand_over_alone(self.ledger, self._loaded(), self.home.run_inputs):
            self._builds("--select", "tag:ledger")
        record = Publications(publications_file(self.home.warehouse))
        self._publishes(record, None)
        record.close()
        return done

    def is_killed(self, command: list[str], most_files: int) -> None:
        """Start the command in a process of its own, and kill it once it has written so many files; it may have ended before."""
        environment = {**os.environ, "MAKEGOOD_HOME": str(self.home.root), "MAKEGOOD_SOURCES": str(self.sources)}
        before = self._files()
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration", *command],
            cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        while process.poll() is None and self._files() < before + most_files:
            time.sleep(0.02)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def sees(self, query: str) -> list[tuple[Any, ...]]:
        """What a reader gets."""
        return answer(self.home.root, query)[1]

    def _loaded(self) -> int:
        with connect() as con:
            attach(con, self.home.warehouse)
            return loaded_batch_id(con) if has_table(con, "fct_ledger_batches") else 0

    def _builds(self, *selection: str) -> None:
        built = dbt(self.home.root, *BUILD, *selection, target=self.home.root / "dbt", project=PROJECT / "dbt_project")
        if not built.success:
            raise RuntimeError(failures(built))

    def _publishes(self, record: Publications, landed: tuple[datetime, datetime] | None) -> None:
        head = self.ledger.head()
        with connect() as con:
            attach(con, self.home.warehouse)
            record.publish(head_snapshot(con), RUN_ID, contents(con), landed, (head.sequence, head.digest))

    def _files(self) -> int:
        return sum(len(list(folder.rglob("*.parquet"))) for folder in (self.home.warehouse / "data", self.home.ledger))
