"""The assets, one module each: what there is and when it is made. How it is made is in ingestion, models and publication."""

OWNERS = ["team:data-engineering"]
SETTLEMENT = "settlement"
"""The group of the assets that are settled daily rather than derived hourly."""

UPKEEP = "upkeep"
"""The group of what keeps the warehouse small; no number depends on it."""

LAKE = "lake"
"""The group of the assets that land files."""

RESTATES = "makegood/restates"
"""The tag of a run whose partitions are request hours that are derived again."""
