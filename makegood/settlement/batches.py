"""One batch of the ledger, as its file name and metadata describe it. proving.py checks the bytes and the chain."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from makegood.storage.connections import connect

NAME = "{sequence:08d}-{settled_date}-{digest}.parquet"


@dataclass(frozen=True)
class Head:
    """The end of the chain: the number and digest of the last batch; 0 and empty before the first batch."""

    sequence: int = 0
    digest: str = ""


@dataclass(frozen=True)
class Batch:
    """One batch as its file name and metadata describe it.

    `warehouse_id` and `snapshot_id` identify the snapshot that was settled. [`covered_from`, `covered_until`) are the landing hours
    published by then, naive UTC; `closed_until` is the first request date that was not closed; `request_dates` are its entries' dates, and `acceptances`
    number and digest of each that concerns these dates, of which batches from before there were acceptances have none.
    """

    file: Path
    sequence: int
    digest: str
    previous: str
    settled_date: date
    posted_at: datetime
    entry_count: int
    amount_usd: Decimal
    warehouse_id: str
    snapshot_id: int
    covered_from: datetime
    covered_until: datetime
    closed_until: date
    request_dates: tuple[date, ...]
    acceptances: tuple[str, ...]

    @property
    def head(self) -> Head:
        """The chain's end if this is the last batch."""
        return Head(self.sequence, self.digest)


def named(file: Path) -> tuple[int, str]:
    """The number and the digest in a batch's file name; (-1, "") if the name is not that of a batch."""
    parts = file.stem.split("-")
    if len(parts) != 5 or not (parts[0].isascii() and parts[0].isdigit()):
        return -1, ""
    return int(parts[0]), parts[4]


def digest_of(file: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def read_batches(files: Iterable[Path]) -> dict[Path, Batch]:
    """Read the metadata of these files in one query.

    Raises:
        ValueError: one of the files is not a batch; names it if that is known.
    """
    facts: dict[Path, dict[str, str]] = {file: {} for file in files}
    if not facts:
        return {}
    try:
        with connect(extensions=()) as con:
            found = con.execute(
                "select file_name, decode(key), decode(value) from parquet_kv_metadata($files)",
                {"files": [str(file) for file in facts]},
            )
            for name, key, value in found.fetchall():
                facts[Path(name)][key] = value
    except duckdb.Error as error:
        raise ValueError(" ".join(str(error).split())) from error
    return {file: _batch(file, said) for file, said in facts.items()}


def _batch(file: Path, said: dict[str, str]) -> Batch:
    sequence, digest = named(file)
    try:
        return Batch(
            file=file,
            sequence=sequence,
            digest=digest,
            previous=said["previous"],
            settled_date=date.fromisoformat(said["settled_date"]),
            posted_at=datetime.fromisoformat(said["posted_at"]),
            entry_count=int(said["entry_count"]),
            amount_usd=Decimal(said["amount_usd"]),
            warehouse_id=said["warehouse_id"],
            snapshot_id=int(said["snapshot_id"]),
            covered_from=datetime.fromisoformat(said["covered_from"]),
            covered_until=datetime.fromisoformat(said["covered_until"]),
            closed_until=date.fromisoformat(said["closed_until"]),
            request_dates=tuple(date.fromisoformat(day) for day in said["request_dates"].split(",") if day),
            acceptances=tuple(name for name in said.get("acceptances", "").split(",") if name),
        )
    except (KeyError, ValueError, ArithmeticError) as error:
        raise ValueError(f"{file.name} is not a batch: its metadata is not that of a batch ({error})") from error
