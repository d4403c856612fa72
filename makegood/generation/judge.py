"""Generates a judge's verdicts on answers of the synthetic gateway (gateway.py) as landing files; some are late, for unknown requests, or
contradicted by a second verdict.

shares.csv holds their frequencies; verdicts.sql draws from it.
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
"""How many hours before its verdict lands a call may have begun: the delays of shares.csv, and one hour more for repeated judgements."""


def generate_verdicts(landing: Path, start: datetime, hours: int, rows_per_hour: int, seed: int) -> list[GeneratedFile]:
    """Write the verdicts that land in `hours` hours from `start` on below `landing`, and return the files in order.

    `assessments/DATE/HH/verdicts-0000.jsonl.gz` judges about one in fifty of the calls that gateway.generate writes, given the same
    arguments, for this and earlier hours since `start`. The same arguments produce the same bytes.
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
