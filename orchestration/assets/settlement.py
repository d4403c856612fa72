"""The ledger, settled daily: what is posted, and when readers see it. What is due, and why, is settlement/'s."""

import dagster as dg
from dagster_dbt import DbtProject

from makegood.publication.reading import contents
from makegood.publication.sealing import seal
from makegood.settlement.loading import load_without_a_run
from makegood.settlement.settling import settle
from makegood.storage.warehouse import head_snapshot
from orchestration.assets import OWNERS, SETTLEMENT
from orchestration.dbt import Dbt
from orchestration.partitions import DAILY, ONE_RUN, posting_period
from orchestration.resources import Books, PublicationRecord, Warehouse

LOAD = ["--no-write-json", "build", "--exclude-resource-type", "unit_test", "--select", "tag:ledger"]


class Confirmation(dg.Config):
    """Whether what is more than usual was looked at and is to be posted."""

    is_confirmed: bool = False


@dg.asset(
    deps=["published_snapshot"],
    partitions_def=DAILY,
    backfill_policy=ONE_RUN,
    group_name=SETTLEMENT,
    kinds={"duckdb", "parquet"},
    owners=OWNERS,
)
def ledger_batches(context: dg.AssetExecutionContext, config: Confirmation, books: Books) -> dg.MaterializeResult[None]:
    """What is due at the published snapshot, posted as one immutable batch; nothing where nothing is due."""
    done = settle(books.prepared_home, posting_period(context), books.terms, is_confirmed=config.is_confirmed)
    for surprise in done.surprises:
        context.log.warning("posted, because it was confirmed: %s", surprise)
    return dg.MaterializeResult(
        metadata={
            "batch": done.batch_id or "nothing was due",
            "entries": done.entry_count,
            "amount (USD)": format(done.amount_usd, "f"),
            "held back": done.held_count,
            "held back (USD)": format(done.held_usd, "f"),
            "waits for acceptance": ", ".join(map(str, done.awaiting)) or "nothing",
            "snapshot": done.snapshot_id,
            "request dates before": str(done.closed_until),
            "lines": dg.JsonMetadataValue(
                [[line.entry_type, line.reason, line.entry_count, format(line.amount_usd, "f")] for line in done.lines]
            ),
        }
    )


@dg.asset_check(asset=ledger_batches, blocking=True)
def nothing_is_left_due(context: dg.AssetCheckExecutionContext, books: Books) -> dg.AssetCheckResult:
    """Settling the same snapshot again would post nothing."""
    last = books.ledger.last()
    if last is None:
        return dg.AssetCheckResult(passed=True)
    again = settle(books.prepared_home, last.settled_date, books.terms, is_dry_run=True)
    return dg.AssetCheckResult(
        passed=again.entry_count == 0,
        metadata={"entries still due": again.entry_count, "amount (USD)": format(again.amount_usd, "f")},
    )


def build_settled_snapshot(project: DbtProject) -> dg.AssetsDefinition:
    """The publication of the ledger's own tables, which dbt loads."""

    @dg.asset(
        deps=[ledger_batches],
        partitions_def=DAILY,
        backfill_policy=ONE_RUN,
        group_name=SETTLEMENT,
        kinds={"duckdb"},
        owners=OWNERS,
    )
    def settled_snapshot(
        context: dg.AssetExecutionContext,
        dbt: Dbt,
        warehouse_db: Warehouse,
        publication: PublicationRecord,
        books: Books,
    ) -> dg.MaterializeResult[None]:
        """The ledger as readers see it: its new batches are loaded into the warehouse, checked, and published."""
        batches = load_without_a_run(books.prepared_home, warehouse_db.loaded_head())
        if batches:
            dbt.cli(LOAD, manifest=project.manifest_path).wait()
        head = books.ledger.head()
        with warehouse_db.session() as con, publication.record() as record:
            seal(publication.prepared_home.warehouse, [head_snapshot(con)])
            published = record.publish(
                head_snapshot(con), context.run.run_id, contents(con), None, (head.sequence, head.digest)
            )
        return dg.MaterializeResult(
            metadata={
                "batches loaded": len(batches),
                "publication": published.publication_id,
                "snapshot": published.snapshot_id,
            }
        )

    return settled_snapshot
