"""The ledger on disk: immutable batches, each chained to the one before it. What is posted, and why, does not belong here.

A batch is one Parquet file, `batches/NNNNNNNN-<settled_date>-<sha-256 of its bytes>.parquet`. Its metadata names the batch before
it by that batch's digest. So any flipped byte, and any batch that is lost, added, exchanged or out of order, breaks the chain.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from orchestration.duck import connect, sql_list, sql_text
from orchestration.errors import MakegoodError

COLUMNS = {
    "entry_id": "varchar",
    "compensation_id": "varchar",
    "account_id": "varchar",
    "entry_type": "varchar",
    "amount_usd": "decimal(18,12)",
    "request_date": "date",
    "settled_date": "date",
    "reason": "varchar",
    "policy_version": "varchar",
    "adjusts_entry_id": "varchar",
    "batch_id": "bigint",
    "posted_at": "timestamp",
    "entry_digest": "varchar",
}
"""An entry's columns and their types. `entry_digest` is the sha-256 of all the others as text."""

NAME = "{sequence:08d}-{settled_date}-{digest}.parquet"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Head:
    """The end of the chain: the last batch's number and digest. 0 and empty before the first batch."""

    sequence: int = 0
    digest: str = ""


@dataclass(frozen=True)
class Batch:
    """One batch as its file's name and metadata tell it.

    `warehouse_id` and `snapshot_id` say what was settled; [`covered_from`, `covered_until`) are the landing hours published then,
    naive UTC, and `closed_until` the first request date that was not closed; `request_dates` are the days that its entries speak of.
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

    @property
    def head(self) -> Head:
        """The chain's end, were this the last batch."""
        return Head(self.sequence, self.digest)


class Ledger:
    """The batches under one directory. Reads never write; a batch is added whole or not at all."""

    def __init__(self, root: Path) -> None:
        """`root` is the home's ledger directory; it is made with the first batch."""
        self.root = root
        self.batches_dir = root / "batches"

    @contextmanager
    def settling(self) -> Iterator[None]:
        """Hold the ledger: nobody else adds to it meanwhile.

        Raises:
            MakegoodError: another settlement holds it.
        """
        self.batches_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / "settlement.lock", timeout=0, thread_local=False, is_singleton=True)
        try:
            with lock:
                yield
        except Timeout as timeout:
            raise MakegoodError(
                f"another settlement is at work on {self.root}: it posts what is due; run this again when it is done"
            ) from timeout

    def files(self) -> list[Path]:
        """The batches' files by name, in order of their numbers."""
        return sorted(self.batches_dir.glob("*.parquet"))

    def head(self) -> Head:
        """The end of the chain, by the names of the files.

        Raises:
            MakegoodError: the numbers do not run from 1 without a gap.
        """
        head = Head()
        for number, file in enumerate(self.files(), 1):
            sequence, digest = named(file)
            if sequence != number:
                raise MakegoodError(
                    f"the ledger is broken: batch {number} should come where {file.name} is; restore {self.batches_dir} from a copy"
                )
            head = Head(sequence, digest)
        return head

    def last(self) -> Batch | None:
        """The last batch, its bytes checked against its name; None before the first.

        Raises:
            MakegoodError: its bytes are not those that were posted.
        """
        files = self.files()
        if not files:
            return None
        if fault := bytes_fault(files[-1]):
            raise MakegoodError(f"the ledger is broken: {fault}; restore {self.batches_dir} from a copy")
        return read_batch(files[-1])

    def has(self, head: Head) -> bool:
        """Whether the chain reaches this head: it is what was there then, or has grown since."""
        if head.sequence == 0:
            return True
        return any(self.batches_dir.glob(f"{head.sequence:08d}-*-{head.digest}.parquet"))

    def relation(self, files: list[Path] | None = None) -> str:
        """SQL of the entries in these batches (all of them unless told), as something to select from."""
        chosen = self.files() if files is None else files
        if not chosen:
            return f"(select {', '.join(f'null::{kind} as {name}' for name, kind in COLUMNS.items())} where false)"
        return f"read_parquet({sql_list([str(file) for file in chosen])}, hive_partitioning = false)"

    def add(self, con: duckdb.DuckDBPyConnection, entries: str, facts: dict[str, str], settled_date: date) -> Batch:
        """Write the rows of the table `entries` as the next batch.

        The file is written beside its place, forced to disk, and then linked under its name, which fails where that is taken.

        Args:
            con: a connection that has the table.
            entries: a table with the columns of `COLUMNS`, ordered by the query itself.
            facts: what the batch's metadata says besides its number and the batch before it.
            settled_date: the posting period.
        """
        before = self.head()
        sequence = before.sequence + 1
        metadata = {"sequence": str(sequence), "previous": before.digest, "settled_date": str(settled_date), **facts}
        pairs = ", ".join(f"{name}: '{sql_text(value)}'" for name, value in metadata.items())
        fresh = self.batches_dir / f".{sequence:08d}.new"
        fresh.unlink(missing_ok=True)
        con.execute(
            f"copy (select {', '.join(COLUMNS)} from {entries} order by request_date, compensation_id, account_id)"
            f" to '{sql_text(fresh)}' (format parquet, compression zstd, kv_metadata {{{pairs}}})"
        )
        digest = digest_of(fresh)
        file = self.batches_dir / NAME.format(sequence=sequence, settled_date=settled_date, digest=digest)
        _sync(fresh)
        os.link(fresh, file)
        fresh.unlink()
        _sync(self.batches_dir)
        return read_batch(file)


def named(file: Path) -> tuple[int, str]:
    """The number and the digest in a batch's name; (-1, "") where it is no batch's name."""
    parts = file.stem.split("-")
    if len(parts) != 5 or not parts[0].isdigit():
        return -1, ""
    return int(parts[0]), parts[4]


def read_batch(file: Path) -> Batch:
    """What a batch's name and metadata say.

    Raises:
        MakegoodError: the file cannot be read as a batch.
    """
    sequence, digest = named(file)
    try:
        with connect(extensions=()) as con:
            rows = con.execute("select decode(key), decode(value) from parquet_kv_metadata(?)", [str(file)]).fetchall()
        facts = dict(rows)
        return Batch(
            file=file,
            sequence=sequence,
            digest=digest,
            previous=facts["previous"],
            settled_date=date.fromisoformat(facts["settled_date"]),
            posted_at=datetime.fromisoformat(facts["posted_at"]),
            entry_count=int(facts["entry_count"]),
            amount_usd=Decimal(facts["amount_usd"]),
            warehouse_id=facts["warehouse_id"],
            snapshot_id=int(facts["snapshot_id"]),
            covered_from=datetime.fromisoformat(facts["covered_from"]),
            covered_until=datetime.fromisoformat(facts["covered_until"]),
            closed_until=date.fromisoformat(facts["closed_until"]),
            request_dates=tuple(date.fromisoformat(day) for day in facts["request_dates"].split(",") if day),
        )
    except (duckdb.Error, KeyError, ValueError, ArithmeticError) as error:
        raise MakegoodError(
            f"the ledger is broken: {file.name} is no batch ({' '.join(str(error).split())})"
        ) from error


def bytes_fault(file: Path) -> str | None:
    """Why the file is not the one that was posted under its name; None where it is."""
    sequence, digest = named(file)
    if sequence < 1:
        return f"{file.name} is no batch of the ledger"
    if digest_of(file) != digest:
        return f"batch {sequence} ({file.name}) does not hold the bytes that were posted"
    return None


def digest_of(file: Path) -> str:
    """The sha-256 of a file's bytes, hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    """Force a file, or a directory's names, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
