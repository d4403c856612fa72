"""How things stand: what is published, how fresh it is, whether anything was lost, and what waits. Nothing here mends anything."""

import os
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from makegood.errors import MakegoodError
from makegood.home import Home, data_directory, inventory_file, publications_file
from makegood.ingestion.finding import landing_path, unmatched_files
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.inventory_records import RefusedFile
from makegood.ingestion.sources import ASSESSMENTS, read_assessments, read_sources
from makegood.policy.digests import policy_digests
from makegood.policy.validation import valid_policy
from makegood.publication.pinning import lost_files
from makegood.publication.publications import Publication, Publications
from makegood.publication.reading import reading
from makegood.publication.unknown_words import UnknownWords, unknown_endings, unknown_operations
from makegood.settlement.acceptances import held_hours
from makegood.settlement.ledger import Ledger
from makegood.settlement.proving import prove
from makegood.settlement.trusting import refuse_what_may_be_older
from makegood.storage.queries import only_row
from makegood.verdicts.placing import VerdictEquation, verdict_equation


@dataclass(frozen=True)
class FileEquation:
    """Over all published landing files, of logs and of verdicts: records read = landed + ignored + quarantined."""

    files: int
    records_read: int
    landed: int
    ignored: int
    quarantined: int

    @property
    def holds(self) -> bool:
        """Whether nothing was lost on the way into the lake."""
        return self.records_read == self.landed + self.ignored + self.quarantined


@dataclass(frozen=True)
class HourEquation:
    """Over all published request hours: landed = current + superseded."""

    hours: int
    landed: int
    current: int
    superseded: int

    @property
    def holds(self) -> bool:
        """Whether every delivery is a request or was superseded by one."""
        return self.landed == self.current + self.superseded


@dataclass(frozen=True)
class LedgerStatus:
    """The ledger as it was proved now: its batches and their sum, how many were handed over, and what stands in the way of settling, if anything."""

    batch_count: int
    amount_usd: Decimal
    handed_over: int
    problem: str | None


@dataclass(frozen=True)
class Status:
    """The state of a home. `is_sound` is false where an equation does not hold, hours wait unaudited, or lake, warehouse or ledger is damaged.

    Attributes:
        held_hours: request hours whose money waits for acceptance before its request dates are settled.
        landed_files: how many have landed, published or not.
        replaced_records: in how many of their records characters were replaced that no text may hold.
        refused_files: which lie in the landing area and could not be landed, with the reasons.
        unmatched_files: which lie there and are no source's, by name.
        damaged_parts: current parts of the lake that are missing or have another size.
        lost_files: files of what is published that are missing or have another size, under the warehouse's data.
        torn_files: landing files of whose rows the inventory has lost some.
    """

    publication: Publication
    file_equation: FileEquation
    hour_equation: HourEquation
    verdict_equation: VerdictEquation
    ledger: LedgerStatus
    unknown_operations: UnknownWords
    unknown_endings: UnknownWords
    landed_files: int
    replaced_records: int
    refused_files: list[RefusedFile]
    unmatched_files: list[str]
    unaudited_hours: list[datetime]
    held_hours: list[datetime]
    stale_hours: list[datetime]
    damaged_parts: list[str]
    lost_files: list[str]
    torn_files: list[str]
    is_sound: bool


def status(root: Path, sources_file: Path) -> Status:
    """The state of the home at `root`, whose files are of the sources in `sources_file`.

    Raises:
        MakegoodError: nothing is published yet, or the policy or the sources cannot be used.
    """
    sources = read_sources(sources_file, root) + read_assessments(sources_file, root)
    home, policy = Home(root).existing(), policy_digests(valid_policy())
    with reading(home.warehouse) as (con, publication):
        files = FileEquation(
            *_one(
                con,
                "count(*), sum(records_read), sum(landed_count), sum(ignored_count), sum(quarantined_count)",
                "fct_landing_files",
            )
        )
        hours = HourEquation(
            *_one(con, "count(*), sum(landed_count), sum(current_count), sum(superseded_count)", "fct_request_hours")
        )
        lost = lost_files(con, data_directory(home.warehouse))
        operations, endings = unknown_operations(con), unknown_endings(con)
        derived = con.execute("select hour_at, policy_digest from fct_request_hours order by hour_at").fetchall()
    record, inventory = Publications(publications_file(home.warehouse)), Inventory(inventory_file(home.lake))
    try:
        unaudited = [hour for hour, _ in record.unaudited_hours()]
        landed_files, replaced_records = inventory.totals()[0], inventory.replaced_count()
        refused = [
            file
            for file in inventory.refused_files()
            if "sha256:" in file.landing_file or os.path.lexists(landing_path(file.landing_file, home.root))
        ]
        damaged, torn = inventory.seals.damaged_parts(), inventory.torn_files(ASSESSMENTS.stem)
        verdicts = verdict_equation(inventory, publication.data_through or publication.published_at)
    finally:
        record.close()
        inventory.close()
    ledger = ledger_status(home)
    return Status(
        publication=publication,
        file_equation=files,
        hour_equation=hours,
        verdict_equation=verdicts,
        ledger=ledger,
        unknown_operations=operations,
        unknown_endings=endings,
        landed_files=landed_files,
        replaced_records=replaced_records,
        refused_files=refused,
        unmatched_files=unmatched_files(sources, home.landing, home.root),
        unaudited_hours=unaudited,
        held_hours=held_hours(home, publication.snapshot_id),
        stale_hours=[hour for hour, digest in derived if digest != policy.at(hour)],
        damaged_parts=damaged,
        lost_files=lost,
        torn_files=torn,
        is_sound=files.holds
        and hours.holds
        and verdicts.holds
        and not (unaudited or damaged or lost or torn)
        and ledger.problem is None,
    )


def ledger_status(home: Home) -> LedgerStatus:
    """How the ledger stands. Nothing of it is written."""
    ledger = Ledger(home.ledger)
    batches = prove(ledger.batches_dir).batches
    amount = sum((batch.amount_usd for batch in batches), Decimal(0))
    try:
        return LedgerStatus(len(batches), amount, refuse_what_may_be_older(home, ledger).last, None)
    except MakegoodError as error:
        return LedgerStatus(len(batches), amount, 0, str(error))


def _one(con: duckdb.DuckDBPyConnection, measures: str, table: str) -> tuple[int, ...]:
    return tuple(int(value or 0) for value in only_row(con.execute(f"select {measures} from {table}")))
