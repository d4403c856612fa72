"""Request logs in the lake: landing files, landed. How a file is read is ingestion's."""

from datetime import timedelta

import dagster as dg

from orchestration.assets import LAKE, OWNERS
from orchestration.hours import HourRange
from orchestration.ingestion.canonical import COLUMNS
from orchestration.ingestion.inventory import LandedFile
from orchestration.ingestion.landing import land
from orchestration.ingestion.sources import find_files
from orchestration.partitions import HOURLY, ONE_RUN, landing_hours
from orchestration.policy.validation import valid_policy
from orchestration.resources import Auditor, Lake


class Landing(dg.Config):
    """How far back to look for files that are new or changed since their own hour ran."""

    lookback_hours: int = 0


@dg.asset(
    partitions_def=HOURLY,
    backfill_policy=ONE_RUN,
    group_name=LAKE,
    kinds={"duckdb", "parquet"},
    owners=OWNERS,
    metadata={"dagster/column_schema": dg.TableSchema([dg.TableColumn(name, kind) for name, kind in COLUMNS.items()])},
)
def request_logs(
    context: dg.AssetExecutionContext, config: Landing, lake: Lake, auditor: Auditor
) -> dg.MaterializeResult[None]:
    """One row per delivered request record, of any gateway, in canonical columns; bad lines are in quarantine with their reason."""
    valid_policy()
    hours = landing_hours(context)
    looked_at = HourRange(hours.start - timedelta(hours=config.lookback_hours), hours.end)
    files = find_files(lake.sources(), list(looked_at), lake.place.root)
    context.log.info(f"{len(files)} landing files lie in {looked_at}")
    with lake.inventory() as inventory:
        landed = land(files, lake.place.lake, inventory)
    context.log.info(f"{len(landed)} of them were new or changed")
    return dg.MaterializeResult(metadata=_metadata(landed, len(files)))


def _metadata(landed: list[LandedFile], found: int) -> dict[str, int]:
    return {
        "files found": found,
        "files landed": len(landed),
        "records read": sum(file.records_read for file in landed),
        "rows landed": sum(file.landed_count for file in landed),
        "records ignored": sum(file.ignored_count for file in landed),
        "records quarantined": sum(file.quarantined_count for file in landed),
    }
