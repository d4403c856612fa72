"""Content assessments in the lake: verdicts, landed and brought to the hours of their requests. How that is done is in makegood/: ingestion/ and verdicts/."""

from collections.abc import Iterator

import dagster as dg

from makegood.ingestion.assessments import COLUMNS
from makegood.verdicts.placing import place, unaccounted
from orchestration.assets import LAKE, OWNERS
from orchestration.assets.landing import Landing, land_feeds, looked_at
from orchestration.assets.request_logs import request_logs
from orchestration.partitions import A_MONTH_A_RUN, HOURLY
from orchestration.resources import Lake

NOTHING_LOST = dg.AssetCheckSpec(
    "nothing_lost",
    asset="content_assessments",
    blocking=True,
    description="For every file of verdicts: records read = landed + ignored + quarantined, and landed = placed + waiting.",
)


@dg.asset(
    deps=[request_logs],
    partitions_def=HOURLY,
    backfill_policy=A_MONTH_A_RUN,
    group_name=LAKE,
    kinds={"duckdb", "parquet"},
    owners=OWNERS,
    check_specs=[NOTHING_LOST],
    metadata={"dagster/column_schema": dg.TableSchema([dg.TableColumn(name, kind) for name, kind in COLUMNS.items()])},
)
def content_assessments(
    context: dg.AssetExecutionContext, config: Landing, lake: Lake
) -> Iterator[dg.MaterializeResult[None]]:
    """One row per verdict on an answer's content, of any detector, by the hour of its request; verdicts on unknown requests wait 30 days."""
    hours = looked_at(context, config)
    with lake.inventory() as inventory:
        counts = land_feeds(context, lake.assessments(), hours, lake, inventory)
        place(hours, lake.prepared_home.lake, inventory)
        lost = unaccounted(hours, inventory)
        counts["verdicts waiting"] = sum(part.assessment_count for part in inventory.unplaced_parts())
    yield dg.MaterializeResult(
        metadata=counts,
        check_results=[
            dg.AssetCheckResult(
                check_name=NOTHING_LOST.name,
                passed=not lost,
                description="; ".join(lost) or None,
            )
        ],
    )
