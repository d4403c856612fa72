"""A home with a landing area, a lake and an inventory, for tests that land real files, and valid canonical records to write into them."""

import gzip
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from makegood.ingestion.finding import find_files
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.inventory_records import LandedFile
from makegood.ingestion.landing import land
from makegood.ingestion.sources import ADAPTERS, Source


def at(text: str) -> datetime:
    """Parse a time into a naive UTC datetime."""
    return datetime.fromisoformat(text)


HOUR = at("2026-11-01T05:00")
ALWAYS = (at("0001-01-01"), at("9999-01-01"))
RECORD: dict[str, Any] = {
    "request_id": "r1",
    "account_id": "a1",
    "requested_at": "2026-11-01T05:10:00Z",
    "completed_at": "2026-11-01T05:10:02.500Z",
    "model": "m",
    "input_tokens": 10,
    "output_tokens": 20,
    "cost_usd": "0.001",
}


def record(**changes: Any) -> dict[str, Any]:
    """A valid canonical record with these fields changed; a field set to `...` is left out."""
    return {name: value for name, value in {**RECORD, **changes}.items() if value is not ...}


def line(**changes: Any) -> bytes:
    """The line of a valid canonical record with these fields changed."""
    return json.dumps(record(**changes), ensure_ascii=False).encode() + b"\n"


def lines(*request_ids: str) -> bytes:
    """One valid canonical line for each of these request ids."""
    return b"".join(line(request_id=request_id) for request_id in request_ids)


@dataclass
class Place:
    """A home with one source, whose files a test writes, lands and reads back from the lake."""

    home: Path
    inventory: Inventory
    source: Source

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    def put(self, name: str, content: bytes, hour: datetime = HOUR) -> Path:
        """Write a landing file of this landing hour."""
        path = self.home / "landing" / self.source.name / f"{hour:%Y-%m-%d}" / f"{hour:%H}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def land(self, *hours: datetime) -> list[LandedFile]:
        return land(find_files([self.source], list(hours or (HOUR,)), self.home), self.lake, self.inventory)

    def rows(self, select: str = "*") -> list[dict[str, Any]]:
        """The current rows of the lake, ordered by landing file and line."""
        parts = self.inventory.current_parts(*ALWAYS)
        found = []
        with duckdb.connect() as con:
            for part in parts:
                relation = con.execute(
                    f"select {select} from read_parquet(?, hive_partitioning = false) where landing_file = ?"
                    " and date_trunc('hour', requested_at) = ? order by landing_file, landing_line",
                    [str(self.lake / part.lake_part), part.landing_file, part.request_hour],
                )
                names = [column[0] for column in relation.description or []]
                found += [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
        return found

    def ids(self) -> list[str]:
        """The request ids of the current rows, ordered by landing file and line."""
        return [row["request_id"] for row in self.rows("request_id, landing_line")]

    def quarantine(self) -> list[tuple[str, int, str, str | None]]:
        """File name, line, reason and harmless fields of each record quarantined from the current version of a file."""
        files = sorted(str(file) for file in self.lake.glob("quarantine/**/*.parquet"))
        if not files:
            return []
        with duckdb.connect() as con:
            rows = con.execute(
                "select landing_file, version, landing_line, reason, fields from read_parquet(?) order by all",
                [files],
            ).fetchall()
        return [
            (Path(name).name, number, reason, fields)
            for name, version, number, reason, fields in rows
            if (file := self.inventory.file(name)) and file.version == version
        ]

    def reasons(self) -> list[tuple[int, str]]:
        return [(number, reason) for _, number, reason, _ in self.quarantine()]

    def refusals(self) -> dict[str, str]:
        """Why each refused landing file was refused, by file name."""
        return {Path(file.landing_file).name: file.reason for file in self.inventory.refused_files()}

    def land_lines(self, *lines: bytes) -> list[dict[str, Any]]:
        self.put("part.jsonl", b"".join(lines))
        self.land()
        return self.rows()

    def stored_bytes(self) -> bytes:
        """All values in the lake as text, from parts and quarantine, whether current or superseded."""
        texts = []
        with duckdb.connect() as con:
            for file in self.lake.glob("**/*.parquet"):
                rows = con.execute("select columns(*)::varchar from read_parquet(?)", [str(file)]).fetchall()
                texts += [value for row in rows for value in row if value is not None]
        return "\n".join(texts).encode()


def make_place(home: Path, adapter: str = "canonical") -> Place:
    (home / "lake").mkdir(parents=True, exist_ok=True)
    source = Source("gateway", ADAPTERS / f"{adapter}.sql", str(home / "landing/gateway/{date}/{hour}/*"))
    return Place(home, Inventory(home / "lake" / "inventory.sqlite"), source)


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
