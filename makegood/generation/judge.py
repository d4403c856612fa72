"""A judge's verdicts on answers of the made-up gateway (gateway.py), as landing files: some late, some on unknown requests, some withdrawn.

How many there are and what becomes of them stands in shares.csv; verdicts.sql draws from it.
"""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from makegood.generation.gateway import (
    HOUR,
    GeneratedFile,
    Generation,
    drawn_lines,
    load_tables,
    write_lines,
)

FEED = "assessments"
DELAYS = (0, 1, 2, 5, 6, 26, 27, 73, 74)
"""How many hours before a verdict lands the call may have begun: those of shares.csv, and an hour more where it is judged again."""


def generate_verdicts(landing: Path, start: datetime, hours: int, rows_per_hour: int, seed: int) -> list[GeneratedFile]:
    """Write the verdicts that land in `hours` hours from `start` on below `landing`, and return the files in order.

    `assessments/DATE/HH/verdicts-0000.jsonl.gz` speaks of about one in fifty calls that gateway.generate writes, given the same
    arguments, for these and for earlier hours since `start`. The same arguments give the same bytes.
    """
    start = start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)
    generation = Generation(start, rows_per_hour, seed, is_steady=False)
    files: list[GeneratedFile] = []
    with duckdb.connect(config={"threads": 1}) as database:
        load_tables(database)
        for number in range(hours):
            hour = start + HOUR * number
            path = landing / FEED / f"{hour:%Y-%m-%d}" / f"{hour:%H}" / "verdicts-0000.jsonl.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            if lines := write_lines(path, drawn_lines(database, "verdicts.sql", generation, hour, DELAYS)):
                files.append(GeneratedFile(path, hour, lines, path.stat().st_size))
    return files
