"""The warehouse's upkeep, with a record of what each one did. How it is done is publication/upkeep.py's."""

from dataclasses import asdict

import dagster as dg

from makegood.publication.upkeep import maintain
from orchestration.assets import OWNERS, UPKEEP
from orchestration.partitions import ONE_RUN
from orchestration.resources import Lake


@dg.asset(backfill_policy=ONE_RUN, group_name=UPKEEP, kinds={"duckdb", "ducklake"}, owners=OWNERS)
def tidy_warehouse(lake: Lake) -> dg.MaterializeResult[None]:
    """The warehouse with its small files merged, and without data that no reader can see any more. No number changes by it."""
    counts = asdict(maintain(lake.prepared_home))
    return dg.MaterializeResult(metadata={name.replace("_", " "): count for name, count in counts.items()})
