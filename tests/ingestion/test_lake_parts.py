"""The lake and the models use the same maximum distance between deliveries of one request."""

import re
from pathlib import Path

from makegood.hours import HOUR
from makegood.ingestion.lake_parts import MERGE_REACH

MACROS = Path(__file__).parents[2] / "dbt_project/macros/deliveries.sql"


def test_the_models_merge_deliveries_within_the_same_distance_as_the_lake() -> None:
    match = re.search(r"macro merge_hours\(\) -%\} (\d+) ", MACROS.read_text())
    assert match is not None
    assert int(match[1]) * HOUR == MERGE_REACH
