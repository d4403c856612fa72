"""What the assets that land files share: which files they look at, and what they say of them. How a file is read is ingestion's."""

from datetime import timedelta

import dagster as dg

from makegood.hours import HourRange
from makegood.ingestion.finding import find_files
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.inventory_records import LandedFile
from makegood.ingestion.landing import land
from makegood.ingestion.sources import Source
from orchestration.partitions import landing_hours
from orchestration.resources import Lake


class Landing(dg.Config):
    """How far back to look for files that are new or changed since their own hour ran."""

    lookback_hours: int = 0


def looked_at(context: dg.AssetExecutionContext, config: Landing) -> HourRange:
    """The landing hours whose files a run looks at: its own, and those that it looks back at."""
    hours = landing_hours(context)
    return HourRange(hours.start - timedelta(hours=config.lookback_hours), hours.end)


def land_feeds(
    context: dg.AssetExecutionContext, sources: list[Source], hours: HourRange, lake: Lake, inventory: Inventory
) -> dict[str, int]:
    """Land the files of these feeds, and count what came of it."""
    files = find_files(sources, list(hours), lake.prepared_home.root)
    context.log.info(f"{len(files)} landing files lie in {hours}")
    landed = land(files, lake.prepared_home.lake, inventory)
    context.log.info(f"{len(landed)} of them were new or changed")
    names = {file.name for file in files}
    refused = [file for file in inventory.refused_files() if file.landing_file in names]
    for file in refused:
        context.log.warning(f"{file.landing_file} could not be landed: {file.reason}")
    return _counts(landed, len(files)) | {"files refused": len(refused)}


def _counts(landed: list[LandedFile], found: int) -> dict[str, int]:
    return {
        "files found": found,
        "files landed": len(landed),
        "records read": sum(file.records_read for file in landed),
        "rows landed": sum(file.landed_count for file in landed),
        "records ignored": sum(file.ignored_count for file in landed),
        "records quarantined": sum(file.quarantined_count for file in landed),
    }
