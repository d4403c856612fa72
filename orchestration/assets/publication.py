"""The publication: readers move to the audited snapshot. What a publication is, is publication/'s."""

from collections.abc import Iterable

import dagster as dg

from orchestration.assets import OWNERS
from orchestration.partitions import HOURLY, ONE_RUN, landing_hours
from orchestration.publication.reading import contents
from orchestration.resources import Books, Publication, Warehouse
from orchestration.warehouse import head_snapshot


def build_publication(marts: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """The publication of these tables; their blocking checks come first."""

    @dg.asset(
        deps=list(marts),
        partitions_def=HOURLY,
        backfill_policy=ONE_RUN,
        group_name="publication",
        kinds={"duckdb"},
        owners=OWNERS,
    )
    def published_snapshot(
        context: dg.AssetExecutionContext, warehouse_db: Warehouse, publication: Publication, books: Books
    ) -> dg.MaterializeResult[None]:
        """The snapshot that the page, analysts' SQL and exports read, once every check of the run has passed."""
        hours = landing_hours(context)
        head = books.ledger.head()
        ledger_head = (head.sequence, head.digest)
        with warehouse_db.session() as con, publication.record() as record:
            published = record.publish(
                head_snapshot(con), context.run.run_id, contents(con), (hours.start, hours.end), ledger_head
            )
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
            }
        )

    return published_snapshot
