"""The meta of a request that was not compensated, read from its part in the lake. The warehouse keeps the meta of paid requests alone.

This is the one way past the published snapshot: it shows what a gateway logged, as far as landing keeps it, and no number.
"""

import json
from datetime import datetime
from typing import Any

import duckdb

from makegood.home import Home, inventory_file
from makegood.ingestion.inventory import Inventory
from makegood.publication.reading import reading_files

ONE = """
select meta from read_parquet($parts, hive_partitioning = false)
where request_key = $request_key and landing_file = $landing_file and landing_line = $landing_line
limit 1
"""


def read_meta(home: Home, request_key: str, request_hour: datetime, landing_file: str, landing_line: int) -> Any:
    """What the gateway logged beside the request's own columns; None where there is none, or its part is gone."""
    file = inventory_file(home.lake)
    if not file.exists():
        return None
    inventory = Inventory(file)
    try:
        parts = [part for part in inventory.parts_of_files([landing_file]) if part.request_hour == request_hour]
    finally:
        inventory.close()
    places = [home.lake / part.lake_part for part in sorted(parts, key=lambda part: -part.version)]
    present = [place for place in places if place.exists()]
    if not present:
        return None
    asked = {
        "request_key": request_key,
        "landing_file": landing_file,
        "landing_line": landing_line,
    }
    with reading_files(present) as (con, names):
        try:
            row = con.execute(ONE, {**asked, "parts": names}).fetchone()
        except duckdb.Error:
            return None
    return parsed(row[0]) if row else None


def parsed(meta: str | None) -> Any:
    """Meta as a tree; text that is no JSON stays text."""
    if meta is None:
        return None
    try:
        return json.loads(meta, parse_float=str, parse_int=_integer)
    except ValueError:
        return meta


def _integer(digits: str) -> int | str:
    """An integer that a browser holds exactly, or its digits."""
    return int(digits) if len(digits) < 16 else digits
