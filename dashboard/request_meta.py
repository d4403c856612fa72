"""Reads the meta of a request that was not compensated from the lake, because the warehouse keeps the meta of paid requests only.

This is the only read that bypasses the published snapshot. It returns what the gateway logged, as far as landing keeps it, and no amounts.
"""

import json
from datetime import datetime
from typing import Any

import duckdb

from makegood.home import Home, inventory_file
from makegood.ingestion.inventory import Inventory
from makegood.publication.reading import reading_files
from makegood.storage.queries import sql_beside


def read_meta(home: Home, request_key: str, request_hour: datetime, landing_file: str, landing_line: int) -> Any:
    """The meta that the gateway logged for the request; None where there is none, or where its lake file no longer exists."""
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
    delivery = {"request_key": request_key, "landing_file": landing_file, "landing_line": landing_line}
    with reading_files(present) as (con, names):
        try:
            row = con.execute(sql_beside(__file__, "logged_meta"), {**delivery, "parts": names}).fetchone()
        except duckdb.Error:
            return None
    return parsed(row[0]) if row else None


def parsed(meta: str | None) -> Any:
    """Meta as nested data; text that is not valid JSON stays text."""
    if meta is None:
        return None
    try:
        return json.loads(meta, parse_float=str, parse_int=_integer)
    except ValueError:
        return meta


def _integer(digits: str) -> int | str:
    """The integer, or its digits as text where a browser could not represent it exactly."""
    return int(digits) if len(digits) < 16 else digits
