"""The warehouse's upkeep, with a record of what each one did. How it is done is publication/upkeep.py's."""

from dataclasses import asdict

import dagster as dg

from makegood.publication.upkeep import maintain
from orchestration.assets import OWNERS, UPKEEP
from orchestration.partitions import ONE_RUN
from orchestration.resources import Lake

A_COMMIT_MAY_FAIL = dg.RetryPolicy(max_retries=2)
"""DuckLake has been seen to fail a commit of merged files for a reason within itself. Upkeep can be run again at any time."""


@dg.asset(
    backfill_policy=ONE_RUN,
    group_name=UPKEEP,
    kinds={"duckdb", "ducklake"},
    owners=OWNERS,
    retry_policy=A_COMMIT_MAY_FAIL,
)
def tidy_warehouse(lake: Lake) -> dg.MaterializeResult[None]:
    """The warehouse with its small files merged, and without data that no reader can see any more. No number changes by it."""
    counts = asdict(maintain(lake.prepared_home))
    return dg.MaterializeResult(metadata={name.replace("_", " "): count for name, count in counts.items()})
