"""Request logs in the lake: landing files, landed. How a file is read is ingestion's."""

import dagster as dg

from makegood.ingestion.canonical import COLUMNS
from makegood.policy.validation import valid_policy
from orchestration.assets import LAKE, OWNERS
from orchestration.assets.landing import Landing, land_feeds, looked_at
from orchestration.partitions import A_MONTH_A_RUN, HOURLY
from orchestration.resources import Lake


@dg.asset(
    partitions_def=HOURLY,
    backfill_policy=A_MONTH_A_RUN,
    group_name=LAKE,
    kinds={"duckdb", "parquet"},
    owners=OWNERS,
    metadata={"dagster/column_schema": dg.TableSchema([dg.TableColumn(name, kind) for name, kind in COLUMNS.items()])},
)
def request_logs(context: dg.AssetExecutionContext, config: Landing, lake: Lake) -> dg.MaterializeResult[None]:
    """One row per delivered request record, of any gateway, in canonical columns; bad lines are in quarantine with their reason."""
    valid_policy()
    with lake.inventory() as inventory:
        counts = land_feeds(context, lake.sources(), looked_at(context, config), lake, inventory)
    return dg.MaterializeResult(metadata=counts)
