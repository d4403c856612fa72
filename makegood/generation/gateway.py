"""Generates hours of canonical request logs of a synthetic gateway, drawn from real measurements, and writes them as landing files.

shares.csv holds the frequency of each kind of event (in basis points), outcomes.csv what the log then contains, and models.csv the
models; requests.sql draws from them. Recorded logs are in samples.py.
"""

import gzip
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import duckdb

from makegood.generation.samples import sample

HERE = Path(__file__).parent
SOURCE = "gateway"
HOUR = timedelta(hours=1)
RHYTHM = (
    *(58, 50, 46, 44, 46, 54, 68, 88, 112, 134, 146, 150),
    *(146, 148, 152, 150, 144, 134, 122, 112, 102, 86, 64, 44),
)
"""Calls that begin in each hour of the day (UTC), in percent of the mean hour."""
DELAYS = {"part": range(1), "late": range(1, 4)}
"""The files of a landing hour, and how many hours before it their calls began."""
FEWEST_ROWS = 10
LINES_IN_MEMORY = 16_384
COMPRESSION = 1


@dataclass(frozen=True)
class GeneratedFile:
    """A landing file: its path, landing hour (UTC), number of lines and size on disk in bytes."""

    path: Path
    landed_hour: datetime
    lines: int
    size_bytes: int


@dataclass(frozen=True)
class Generation:
    """The parameters that all hours of one generation share."""

    start: datetime
    rows_per_hour: int
    seed: int
    is_steady: bool

    def calls(self, hour: datetime) -> int:
        """Return how many calls begin in `hour`; none begin before the start."""
        if hour < self.start:
            return 0
        return self.rows_per_hour if self.is_steady else self.rows_per_hour * RHYTHM[hour.hour] // 100


def generate(
    landing: Path,
    start: datetime,
    hours: int,
    rows_per_hour: int,
    seed: int,
    *,
    is_compressed: bool = True,
    is_steady: bool = False,
    report: Callable[[GeneratedFile], None] = lambda file: None,
) -> list[GeneratedFile]:
    """Write the landing files of `hours` hours from `start` on below `landing`, and return them in order.

    `gateway/DATE/HH/part-0000.jsonl.gz` logs the calls of the hour, `late-0000.jsonl.gz` calls of the previous three hours whose lines
    arrive late, if there are any. `rows_per_hour` calls begin in the mean hour of a day, or in every hour if `is_steady`; retries, repeated
    and late deliveries change the number of lines by a few percent. Times are UTC; a `start` without a time zone is taken as UTC.

    The same arguments produce the same bytes, and an hour's files do not depend on how many hours follow. Files of an earlier generation
    of these hours are replaced, each of them atomically. `report` is called with each file as soon as it is in place, from the threads that
    write them.

    Raises ValueError if an argument is out of range.
    """
    start = start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)
    if start != start.replace(minute=0, second=0, microsecond=0):
        raise ValueError(f"generation starts on a full hour, not at {start:%Y-%m-%dT%H:%M:%S}")
    if hours < 1:
        raise ValueError(f"generation takes at least 1 hour, not {hours}")
    if rows_per_hour < FEWEST_ROWS:
        raise ValueError(f"generation takes at least {FEWEST_ROWS} rows per hour, not {rows_per_hour}")
    if not 0 <= seed < 2**63:
        raise ValueError(f"a seed is a number from 0 to {2**63 - 1}, not {seed}")
    generation = Generation(start, rows_per_hour, seed, is_steady)

    def write_hour(hour: datetime) -> list[GeneratedFile]:
        folder = landing / SOURCE / f"{hour:%Y-%m-%d}" / f"{hour:%H}"
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for name, delays in DELAYS.items():
            packed, plain = folder / f"{name}-0000.jsonl.gz", folder / f"{name}-0000.jsonl"
            path, other = (packed, plain) if is_compressed else (plain, packed)
            other.unlink(missing_ok=True)
            if lines := write_lines(path, _lines(database, generation, hour, delays)):
                files.append(GeneratedFile(path, hour, lines, path.stat().st_size))
                report(files[-1])
        return files

    with duckdb.connect(config={"threads": 1}) as database, ThreadPoolExecutor(os.cpu_count()) as workers:
        load_tables(database)
        written = workers.map(write_hour, [start + HOUR * number for number in range(hours)])
        return [file for files in written for file in files]


def load_tables(database: duckdb.DuckDBPyConnection) -> None:
    """Create the tables that requests.sql draws from."""
    for variable, path in {
        "shares": HERE / "shares.csv",
        "outcomes": HERE / "outcomes.csv",
        "models": HERE / "models.csv",
        "finish_names": HERE / "finish_names.csv",
        "prices": sample("prices/model_prices.csv"),
        "latencies": sample("llmperf/latencies.csv.gz"),
        "arrivals": sample("azure/arrivals.csv.gz"),
    }.items():
        database.execute(f"set variable {variable} = $path", {"path": str(path)})
    database.execute((HERE / "tables.sql").read_text(encoding="utf-8"))


def _lines(
    database: duckdb.DuckDBPyConnection, generation: Generation, landed_hour: datetime, delays: range
) -> Iterator[list[bytes]]:
    """Yield, in batches, the lines that land in an hour for the calls that began `delays` hours before."""
    with database.cursor() as cursor:
        # Keep the join order as written: the calls are streamed past the tables in their order, however many calls there are.
        cursor.execute("set disabled_optimizers = 'join_order,build_side_probe_side'")
        yield from drawn_lines(cursor, "requests.sql", generation, landed_hour, delays)


def drawn_lines(
    con: duckdb.DuckDBPyConnection, query: str, generation: Generation, landed_hour: datetime, delays: Iterable[int]
) -> Iterator[list[bytes]]:
    """Yield, in batches, the lines that a query of this folder draws for each hour that lies `delays` hours before."""
    text = (HERE / query).read_text(encoding="utf-8")
    for delay in delays:
        hour = landed_hour - HOUR * delay
        if call_count := generation.calls(hour):
            parameters = {
                "seed": generation.seed,
                "hour_no": int(hour.timestamp()) // 3600,
                "hour_at": hour.replace(tzinfo=None),
                "call_count": call_count,
                "delay": delay,
            }
            con.execute(text, parameters)
            while rows := con.fetchmany(LINES_IN_MEMORY):
                yield [line for (line,) in rows]


def write_lines(path: Path, batches: Iterator[list[bytes]]) -> int:
    """Write the lines to `path` atomically, and return their number. If there are none, there is no file."""
    unfinished = path.parents[2] / f".{path.parents[1].name}-{path.parent.name}-{path.name}"
    lines = 0
    try:
        with ExitStack() as open_files:
            file: BinaryIO | gzip.GzipFile = open_files.enter_context(unfinished.open("wb"))
            if path.suffix == ".gz":
                file = open_files.enter_context(gzip.GzipFile("", "wb", COMPRESSION, file, mtime=0))
            for batch in batches:
                file.write(b"".join([line + b"\n" for line in batch]))
                lines += len(batch)
        if lines:
            unfinished.replace(path)
        else:
            path.unlink(missing_ok=True)
    finally:
        unfinished.unlink(missing_ok=True)
    return lines
