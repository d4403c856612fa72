"""The resources: the only openers of files and connections in a run. What is done with them is the assets' and their libraries'."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from expectations.results import SuiteResult
from expectations.worker import AuditWorker
from makegood.home import Home, inventory_file, publications_file
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.sources import Source, read_assessments, read_sources
from makegood.publication.publications import Publications
from makegood.settlement.batches import Head
from makegood.settlement.ledger import Ledger
from makegood.settlement.loading import loaded_head
from makegood.settlement.settling import Terms
from makegood.settlement.usual import Usual
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach, create, has_table
from makegood.storage.writing import token_held, writing


class Written(dg.ConfigurableResource):  # type: ignore[type-arg]
    """What a run writes in. Every run holds the home, whoever started it, so that one writes at a time."""

    home: str
    patience_s: int = 3600
    _held: ExitStack = PrivateAttr(default_factory=ExitStack)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Wait until nobody else writes.

        Raises:
            MakegoodError: another process still writes after the patience is over.
        """
        self._held.enter_context(writing(self.prepared_home, "run", self.patience_s))

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Let the next one write."""
        self._held.close()

    @property
    def prepared_home(self) -> Home:
        """The home, with its directories made."""
        return Home(Path(self.home)).prepare()


class Lake(Written):
    """Landing files, canonical Parquet, content assessments, and the inventory."""

    sources_file: str
    lookback_hours: int

    def sources(self) -> list[Source]:
        """The sources that the sources file names."""
        return read_sources(Path(self.sources_file), Path(self.home))

    def assessments(self) -> list[Source]:
        """The feeds of verdicts that the sources file names."""
        return read_assessments(Path(self.sources_file), Path(self.home))

    @contextmanager
    def inventory(self) -> Iterator[Inventory]:
        """The inventory, open."""
        inventory = Inventory(inventory_file(self.prepared_home.lake))
        try:
            yield inventory
        finally:
            inventory.close()


class Warehouse(Written):
    """The DuckLake at its head, which only runs may look at."""

    def create(self) -> None:
        """Make the catalog where there is none, so that it exists before any reader comes, and before it the record of publications.

        Raises:
            MakegoodError: one of them is damaged, or missing beside the other.
        """
        record = Publications(publications_file(self.prepared_home.warehouse))
        try:
            is_published = record.current() is not None
        finally:
            record.close()
        create(self.prepared_home.warehouse, is_published=is_published)

    @contextmanager
    def session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection at the head."""
        with connect() as con:
            attach(con, self.prepared_home.warehouse)
            yield con

    def loaded_head(self) -> Head:
        """The last batch of the ledger that the warehouse has."""
        with self.session() as con:
            return loaded_head(con) if has_table(con, "fct_ledger_batches") else Head()


class PublicationRecord(Written):
    """The record of what readers see."""

    @contextmanager
    def record(self) -> Iterator[Publications]:
        """The record, open."""
        record = Publications(publications_file(self.prepared_home.warehouse))
        try:
            yield record
        finally:
            record.close()


class Books(Written):
    """The ledger, and the terms on which it is settled."""

    grace_hours: int
    most_adjustments: int
    most_adjusted_usd: str
    usual_times: int
    unseen_usd: str
    first_usd: str

    @property
    def ledger(self) -> Ledger:
        """The batches."""
        return Ledger(self.prepared_home.ledger)

    @property
    def terms(self) -> Terms:
        """How a settlement is done."""
        usual = Usual(self.usual_times, Decimal(self.unseen_usd), Decimal(self.first_usd))
        return Terms(timedelta(hours=self.grace_hours), self.most_adjustments, Decimal(self.most_adjusted_usd), usual)


@dataclass(frozen=True)
class Auditor:
    """The process that audits the run's window."""

    home: Path
    worker: AuditWorker

    def audit(self) -> list[SuiteResult]:
        """What the suites measured of the run's window, at the warehouse's head."""
        return self.worker.audit(self.home, writer_token=token_held(Home(self.home)))


def auditing(home: Path, worker: AuditWorker | None = None) -> dg.ResourceDefinition:
    """The auditor of a home. Its process starts with the run, because what it imports takes seconds; or it is one that runs already."""

    @dg.resource(description=Auditor.__doc__)
    def auditor(_: dg.InitResourceContext) -> Iterator[Auditor]:
        with nullcontext(worker) if worker else AuditWorker() as running:
            yield Auditor(home, running)

    return auditor
