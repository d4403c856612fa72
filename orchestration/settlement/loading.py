"""Hands batches of the ledger over to the models: those that the warehouse does not have yet. What readers see of them is the models' business."""

from pathlib import Path

import duckdb

from orchestration.duck import connect
from orchestration.settlement.ledger import COLUMNS, Batch, Ledger, read_batch

BATCH_COLUMNS = {
    "batch_id": "bigint",
    "settled_date": "date",
    "posted_at": "timestamp",
    "entry_count": "bigint",
    "amount_usd": "decimal(38,12)",
    "closed_until": "date",
    "batch_digest": "varchar",
}


def hand_over(ledger: Ledger, loaded_batch_id: int, run_inputs: Path) -> list[Batch]:
    """Write the relations `ledger_batches` and `ledger_entries` into a run's inputs: the batches after the one loaded last.

    Entries stay where they are: the relation is a view over the batches' files, which never change.

    Raises:
        MakegoodError: the ledger is broken.
    """
    ledger.head()
    files = ledger.files()[loaded_batch_id:]
    batches = [read_batch(file) for file in files]
    entries = ", ".join(f"{name}::{kind} as {name}" for name, kind in COLUMNS.items())
    with connect(run_inputs, extensions=()) as con:
        con.execute(f"create or replace view ledger_entries as select {entries} from {ledger.relation(files)}")
        con.execute(
            f"create or replace table ledger_batches ({', '.join(f'{name} {kind}' for name, kind in BATCH_COLUMNS.items())})"
        )
        write_batches(con, "ledger_batches", batches)
    return batches


def write_batches(con: duckdb.DuckDBPyConnection, table: str, batches: list[Batch]) -> None:
    """A row of `BATCH_COLUMNS` into the table for each of the batches."""
    rows = [
        [
            batch.sequence, batch.settled_date, batch.posted_at, batch.entry_count, batch.amount_usd, batch.closed_until,
            batch.digest,
        ]
        for batch in batches
    ]  # fmt: skip
    if rows:
        con.executemany(f"insert into {table} values (?, ?, ?, ?, ?, ?, ?)", rows)


def hand_over_alone(ledger: Ledger, loaded_batch_id: int, run_inputs: Path) -> list[Batch]:
    """The same into inputs that hold nothing else, for a run that derives no hours. The file appears whole or not at all."""
    fresh = run_inputs.with_name(run_inputs.name + ".new")
    fresh.unlink(missing_ok=True)
    batches = hand_over(ledger, loaded_batch_id, fresh)
    fresh.replace(run_inputs)
    return batches


def loaded_batch_id(con: duckdb.DuckDBPyConnection) -> int:
    """The number of the last batch in the warehouse that the connection looks at; 0 where there is none."""
    row = con.execute("select coalesce(max(batch_id), 0) from fct_ledger_batches").fetchone()
    return int(row[0]) if row else 0
