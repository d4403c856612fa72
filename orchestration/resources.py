"""The Dagster resources. In a run, only they open files and connections; the assets and the library use them."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from expectations.results import SuiteResult
from expectations.worker import AuditWorker
from makegood.derivation.window import is_empty
from makegood.home import Home, inventory_file, publications_file, spill_directory
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

NO_ROWS_IN_WINDOW = "no data: no request and no landing file is in the run's window"
"""What a check says that has no row to judge."""

PARTITION_TAGS = ("dagster/partition", "dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


class Written(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Base of the resources that write in the home. It holds the home's writer lock during a run, so that only one process writes at a time."""

    home: str
    patience_s: int | None = None
    _held: ExitStack = PrivateAttr(default_factory=ExitStack)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Acquire the writer lock.

        Raises:
            MakegoodError: another process still holds it after `patience_s` seconds, if that is set.
        """
        run = context.run
        hours = " to ".join(sorted({value for tag, value in run.tags.items() if tag in PARTITION_TAGS})) if run else ""
        about = f"run {run.run_id} of {run.job_name} {hours}".strip() if run else ""
        waiting = context.log.info if context.log else print
        self._held.enter_context(writing(self.prepared_home, "run", self.patience_s, about=about, say=waiting))

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Release the writer lock."""
        self._held.close()

    @property
    def prepared_home(self) -> Home:
        """The home, with its directories created."""
        return Home(Path(self.home)).prepare()


class Lake(Written):
    """Access to landing files, canonical Parquet, content assessments and the inventory."""

    sources_file: str
    lookback_hours: int

    def sources(self) -> list[Source]:
        """The sources in the sources file."""
        return read_sources(Path(self.sources_file), Path(self.home))

    def assessments(self) -> list[Source]:
        """The feeds of verdicts in the sources file."""
        return read_assessments(Path(self.sources_file), Path(self.home))

    @contextmanager
    def inventory(self) -> Iterator[Inventory]:
        """Open the inventory, and close it afterwards."""
        inventory = Inventory(inventory_file(self.prepared_home.lake))
        try:
            yield inventory
        finally:
            inventory.close()


class Warehouse(Written):
    """The DuckLake at its head snapshot, which may be unpublished and is therefore for runs only."""

    def create(self) -> None:
        """Create the record of publications and then the catalog if they do not exist, so that both exist before the first reader.

        Raises:
            MakegoodError: one of them is damaged, or missing while the other exists.
        """
        record = Publications(publications_file(self.prepared_home.warehouse))
        try:
            is_published = record.current() is not None
        finally:
            record.close()
        create(self.prepared_home.warehouse, is_published=is_published)

    @contextmanager
    def session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection at the head snapshot."""
        with connect(spill=spill_directory(self.prepared_home.warehouse)) as con:
            attach(con, self.prepared_home.warehouse)
            yield con

    def loaded_head(self) -> Head:
        """The last ledger batch that is loaded into the warehouse."""
        with self.session() as con:
            return loaded_head(con) if has_table(con, "fct_ledger_batches") else Head()


class PublicationRecord(Written):
    """The record of publications, which determines the snapshot that readers see."""

    @contextmanager
    def record(self) -> Iterator[Publications]:
        """Open the record, and close it afterwards."""
        record = Publications(publications_file(self.prepared_home.warehouse))
        try:
            yield record
        finally:
            record.close()


class Books(Written):
    """The ledger and the terms of settlement."""

    grace_hours: int
    most_adjustments: int
    most_adjusted_usd: str
    usual_times: int
    unseen_usd: str
    first_usd: str

    @property
    def ledger(self) -> Ledger:
        """The ledger's batch files."""
        return Ledger(self.prepared_home.ledger)

    @property
    def terms(self) -> Terms:
        """The terms of settlement: grace period, and limits above which a person must confirm."""
        usual = Usual(self.usual_times, Decimal(self.unseen_usd), Decimal(self.first_usd))
        return Terms(timedelta(hours=self.grace_hours), self.most_adjustments, Decimal(self.most_adjusted_usd), usual)


@dataclass(frozen=True)
class Auditor:
    """The worker process that audits the run's window."""

    home: Path
    worker: AuditWorker

    def start(self) -> None:
        """Have the worker begin its imports, which take seconds, while the models are built."""
        self.worker.start()

    def has_nothing_to_audit(self) -> bool:
        """Whether no row of any table is in the run's window, so that every suite's outcome is that there is no data."""
        return is_empty(Home(self.home).run_inputs)

    def audit(self) -> list[SuiteResult]:
        """Run all suites on the run's window at the warehouse's head snapshot."""
        return self.worker.audit(self.home, writer_token=token_held(Home(self.home)))


def auditing(home: Path, worker: AuditWorker | None = None) -> dg.ResourceDefinition:
    """The auditor resource of a home. It uses the given worker, or one of its own, which ends with the run."""

    @dg.resource(description=Auditor.__doc__)
    def auditor(_: dg.InitResourceContext) -> Iterator[Auditor]:
        with nullcontext(worker) if worker else closing(AuditWorker()) as running:
            yield Auditor(home, running)

    return auditor
