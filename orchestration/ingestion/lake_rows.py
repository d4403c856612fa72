"""Selects over parts of the lake: the rows in them that count. Which parts there are is the inventory's to say."""

from collections.abc import Iterable
from pathlib import Path

from orchestration.duck import sql_list, sql_text
from orchestration.ingestion.inventory import Inventory


def part_paths(lake: Path, lake_parts: Iterable[str]) -> list[str]:
    """Where the parts lie, each once, in name order."""
    return [str(lake / part) for part in sorted(set(lake_parts))]


def current_rows_sql(lake_parts: Iterable[str], lake: Path, inventory: Inventory) -> str:
    """What follows `select … `: the rows of these parts whose landing file has no newer version.

    The column `filename` is the part's path; the partition's columns are not made.
    """
    names = sorted(set(lake_parts))
    excluded = "".join(
        f" and not (filename = '{sql_text(lake / part)}' and landing_file = '{sql_text(file)}')"
        for part, file in inventory.replaced_files(names)
    )
    return f"from read_parquet({sql_list(part_paths(lake, names))}, hive_partitioning = false, filename = true) where true{excluded}"
