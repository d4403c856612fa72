"""Where things lie under MAKEGOOD_HOME, and whether that place can be used. Reading them does not belong here."""

import os
from dataclasses import dataclass
from pathlib import Path

from makegood.errors import MakegoodError


def lake_spill_directory(lake: Path) -> Path:
    """Where DuckDB puts what does not fit in memory while verdicts are placed; the warehouse may not be there yet."""
    return lake / ".spill"


def inventory_file(lake: Path) -> Path:
    """What landed, and which parts of the lake are current (SQLite)."""
    return lake / "inventory.sqlite"


def catalog_file(warehouse: Path) -> Path:
    """The DuckLake's catalog (SQLite)."""
    return warehouse / "catalog.sqlite"


def data_directory(warehouse: Path) -> Path:
    """The DuckLake's Parquet files."""
    return warehouse / "data"


def publications_file(warehouse: Path) -> Path:
    """The record of what readers see, and of the seals of its files (SQLite)."""
    return warehouse / "publications.sqlite"


def settlement_memory_file(warehouse: Path) -> Path:
    """What settlements remember between runs; made again where it is missing (DuckDB)."""
    return warehouse / "settlement.duckdb"


def spill_directory(warehouse: Path) -> Path:
    """Where DuckDB puts what does not fit in memory."""
    return warehouse / "spill"


def dbt_directory(warehouse: Path) -> Path:
    """Parsed dbt projects and the logs of dbt, a directory for each run."""
    return warehouse / "dbt"


@dataclass(frozen=True)
class Home:
    """The directory that holds landing, lake, ledger and warehouse."""

    root: Path

    @property
    def landing(self) -> Path:
        """Where gateways drop their files."""
        return self.root / "landing"

    @property
    def audits(self) -> Path:
        """The limits of audits that differ from the defaults; there may be none."""
        return self.root / "audits.yml"

    @property
    def lake(self) -> Path:
        """Canonical Parquet, quarantine, and the inventory of both: the truth."""
        return self.root / "lake"

    @property
    def ledger(self) -> Path:
        """What was posted, in batches that are never changed, what was handed over of it, and the hold list: the truth."""
        return self.root / "ledger"

    @property
    def ledger_seen(self) -> Path:
        """The last that this home saw of its ledger. It is no part of a copy of the ledger, so that an old copy shows."""
        return self.root / "ledger-seen.json"

    @property
    def warehouse(self) -> Path:
        """The DuckLake and the record of its publications: a cache."""
        return self.root / "warehouse"

    @property
    def run_inputs(self) -> Path:
        """The window that the models read as their sources."""
        return self.warehouse / "run.duckdb"

    @property
    def writer_lock(self) -> Path:
        """Held by the process that writes in the home. It lies beside the warehouse, which may be deleted."""
        return self.root / "writer.lock"

    @property
    def children_lock(self) -> Path:
        """Held by the processes that write for it."""
        return self.root / "writer-children.lock"

    @property
    def writer_queue(self) -> Path:
        """A file for each process that waits to write, which holds it locked."""
        return self.root / "writer-queue"

    @property
    def dagster(self) -> Path:
        """Dagster's own storage: runs, events, schedules."""
        return self.root / "dagster"

    def existing(self) -> "Home":
        """The home as it is, for reading.

        Raises:
            MakegoodError: it is no directory, or cannot be read.
        """
        try:
            is_there = self.root.exists()
        except OSError as error:
            raise MakegoodError(f"cannot use the home {self.root}: {error.strerror}; set MAKEGOOD_HOME") from error
        if is_there and not (self.root.is_dir() and os.access(self.root, os.R_OK | os.X_OK)):
            raise MakegoodError(f"cannot use the home {self.root}: it is not a readable directory; set MAKEGOOD_HOME")
        return self

    def prepare(self) -> "Home":
        """Make the directories that are missing.

        Raises:
            MakegoodError: the home cannot be made, read or written.
        """
        try:
            for directory in (self.landing, self.lake, self.ledger, self.warehouse, self.dagster):
                directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MakegoodError(f"cannot use the home {self.root}: {error.strerror}; set MAKEGOOD_HOME") from error
        if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
            raise MakegoodError(f"cannot use the home {self.root}: it is not readable and writable; set MAKEGOOD_HOME")
        return self
