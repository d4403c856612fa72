"""The publication: readers move to the audited snapshot. What a publication is, is publication/'s."""

from collections.abc import Iterable
from dataclasses import asdict

import dagster as dg

from makegood.publication.changes import Change, changes
from makegood.publication.reading import contents, reading
from makegood.publication.sealing import seal
from makegood.storage.rows import plain
from makegood.storage.warehouse import head_snapshot
from orchestration.assets import OWNERS, RESTATES
from orchestration.partitions import A_MONTH_A_RUN, HOURLY, landing_hours
from orchestration.resources import Books, PublicationRecord, Warehouse


def build_publication(marts: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """The publication of these tables; their blocking checks come first."""

    @dg.asset(
        deps=list(marts),
        partitions_def=HOURLY,
        backfill_policy=A_MONTH_A_RUN,
        group_name="publication",
        kinds={"duckdb"},
        owners=OWNERS,
    )
    def published_snapshot(
        context: dg.AssetExecutionContext, warehouse_db: Warehouse, publication: PublicationRecord, books: Books
    ) -> dg.MaterializeResult[None]:
        """The snapshot that the page, analysts' SQL and exports read, once every check of the run has passed."""
        hours = landing_hours(context)
        restated: list[Change] = []
        if RESTATES in context.run.tags:
            with reading(publication.prepared_home.warehouse) as (before, _), warehouse_db.session() as after:
                restated = changes(before, after, hours)
            for change in restated:
                context.log.info(f"about to be published: {change}")
        head = books.ledger.head()
        ledger_head = (head.sequence, head.digest)
        landed = None if RESTATES in context.run.tags else (hours.start, hours.end)
        with warehouse_db.session() as con, publication.record() as record:
            seal(publication.prepared_home.warehouse, [head_snapshot(con)])
            published = record.publish(head_snapshot(con), context.run.run_id, contents(con), landed, ledger_head)
        return dg.MaterializeResult(
            metadata={
                "publication": published.publication_id,
                "snapshot": published.snapshot_id,
                "request hours": published.hour_count,
                "requests": published.request_count,
                "compensations": published.compensation_count,
                "payout (USD)": format(published.payout_usd, "f"),
                "data through (UTC)": f"{published.data_through:%Y-%m-%d %H:%M}"
                if published.data_through
                else "no data",
                **(
                    {"changes": dg.JsonMetadataValue([plain(asdict(change)) for change in restated])}
                    if restated
                    else {}
                ),
            }
        )

    return published_snapshot
