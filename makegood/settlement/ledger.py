"""The ledger on disk: immutable batches, each chained to the previous one.

A batch is one Parquet file, `batches/NNNNNNNN-<settled_date>-<SHA-256 of its bytes>.parquet`, whose metadata contains the digest of the
previous batch. Any changed byte, and any batch that is lost, added, replaced or out of order, therefore breaks the chain.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from makegood.errors import MakegoodError
from makegood.settlement.batches import NAME, Batch, Head, digest_of, read_batches
from makegood.settlement.proving import prove
from makegood.storage.connections import sql_list, sql_text
from makegood.storage.durable import name_durably, sync

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
"""An entry's columns and their types. `entry_digest` is the SHA-256 of all the others as text."""


class Ledger:
    """The batches in one directory. Reading never writes; a batch is added atomically."""

    def __init__(self, root: Path) -> None:
        """`root` is the home's ledger directory; it is created with the first batch."""
        self.root = root
        self.batches_dir = root / "batches"
        self.handover_dir = root / "handover"
        self.restored_mark = root / "restored"

    @contextmanager
    def settling(self) -> Iterator[None]:
        """Lock the ledger, so that no other process adds to it meanwhile.

        Raises:
            MakegoodError: another settlement holds the lock.
        """
        if not self.batches_dir.exists():
            self.batches_dir.mkdir(parents=True, exist_ok=True)
            sync(self.root)
        lock = FileLock(self.root / "settlement.lock", timeout=0, thread_local=False, is_singleton=True)
        try:
            with lock:
                yield
        except Timeout as timeout:
            raise MakegoodError(
                f"another settlement is at work on {self.root}: it posts what is due; run this again when it is done"
            ) from timeout

    def batches(self) -> tuple[Batch, ...]:
        """All batches, in order. Every access to the ledger starts here, so its bytes and links are always checked first.

        Raises:
            MakegoodError: a batch is changed, lost, added or out of order; names the first such file, and what to do.
        """
        proof = prove(self.batches_dir)
        if proof.fault:
            raise MakegoodError(
                f"the ledger is broken: {proof.fault}; restore {self.batches_dir} from a copy (`makegood verify` proves it)"
            )
        return proof.batches

    def head(self) -> Head:
        """The end of the chain.

        Raises:
            MakegoodError: the ledger is broken.
        """
        last = self.last()
        return last.head if last else Head()

    def last(self) -> Batch | None:
        """The last batch; None before the first.

        Raises:
            MakegoodError: the ledger is broken.
        """
        batches = self.batches()
        return batches[-1] if batches else None

    def heads(self) -> set[Head]:
        """Every end that the chain has ever had, including the empty one. Whoever recorded one of them has seen this ledger, maybe shorter.

        Raises:
            MakegoodError: the ledger is broken.
        """
        return {Head(), *(batch.head for batch in self.batches())}

    def relation(self, batches: Iterable[Batch] | None = None) -> str:
        """SQL of the entries in these batches (by default all), for use in a FROM clause.

        Raises:
            MakegoodError: the ledger is broken.
        """
        files = [str(batch.file) for batch in (self.batches() if batches is None else batches)]
        if not files:
            return f"(select {', '.join(f'null::{kind} as {name}' for name, kind in COLUMNS.items())} where false)"
        return f"read_parquet({sql_list(files)}, hive_partitioning = false)"

    def add(self, con: duckdb.DuckDBPyConnection, entries: str, facts: dict[str, str], settled_date: date) -> Batch:
        """Write the rows of the table `entries` as the next batch.

        The file is written to a temporary name, forced to disk, and then linked to its final name, which fails if that name exists.

        Args:
            con: a connection that has the table.
            entries: a table with the columns of `COLUMNS`; its rows are sorted here.
            facts: the batch's metadata other than its number, posting period and the previous batch.
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
        name_durably(fresh, file)
        return read_batches([file])[file]
