"""Passes those batches of the ledger to the models that the warehouse does not have yet. The models define what readers see of them."""

from pathlib import Path

import duckdb

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.settlement.batches import Batch, Head
from makegood.settlement.ledger import COLUMNS, Ledger
from makegood.settlement.trusting import refuse_what_is_behind
from makegood.storage.connections import connect

BATCH_COLUMNS = {
    "batch_id": "bigint",
    "settled_date": "date",
    "posted_at": "timestamp",
    "entry_count": "bigint",
    "amount_usd": "decimal(38,12)",
    "closed_until": "date",
    "batch_digest": "varchar",
}


def write_run_inputs(home: Home, loaded: Head, run_inputs: Path) -> list[Batch]:
    """Add the relations `ledger_batches` and `ledger_entries` to a run's inputs, with the batches after `loaded`, the warehouse's last one.

    Entries are not copied: the relation is a view over the batches' files, which were checked and never change.

    Raises:
        MakegoodError: the ledger is broken, or lacks batches that were published or loaded.
    """
    ledger = Ledger(home.ledger)
    refuse_what_is_behind(home, ledger)
    if loaded not in ledger.heads():
        raise MakegoodError(
            f"the warehouse has batch {loaded.sequence} with digest {loaded.digest[:12]}… and the ledger in {ledger.batches_dir} does not:"
            f" restore the missing batches; where there is no newer copy, delete {home.warehouse} and run all landing hours again"
        )
    batches = list(ledger.batches()[loaded.sequence :])
    entries = ", ".join(f"{name}::{kind} as {name}" for name, kind in COLUMNS.items())
    with connect(run_inputs, extensions=()) as con:
        con.execute(f"create or replace view ledger_entries as select {entries} from {ledger.relation(batches)}")
        con.execute(
            f"create or replace table ledger_batches ({', '.join(f'{name} {kind}' for name, kind in BATCH_COLUMNS.items())})"
        )
        write_batches(con, "ledger_batches", batches)
    return batches


def write_batches(con: duckdb.DuckDBPyConnection, table: str, batches: list[Batch]) -> None:
    """Insert a row with `BATCH_COLUMNS` for each batch into the table."""
    rows = [
        [
            batch.sequence, batch.settled_date, batch.posted_at, batch.entry_count, batch.amount_usd, batch.closed_until,
            batch.digest,
        ]
        for batch in batches
    ]  # fmt: skip
    if rows:
        con.executemany(f"insert into {table} values (?, ?, ?, ?, ?, ?, ?)", rows)


def load_without_a_run(home: Home, loaded: Head) -> list[Batch]:
    """Write run inputs that contain only the two ledger relations, for a run that derives no hours. The file is replaced atomically."""
    fresh = home.run_inputs.with_name(home.run_inputs.name + ".new")
    fresh.unlink(missing_ok=True)
    batches = write_run_inputs(home, loaded, fresh)
    fresh.replace(home.run_inputs)
    return batches


def loaded_head(con: duckdb.DuckDBPyConnection) -> Head:
    """The last batch in the warehouse snapshot that the connection reads."""
    row = con.execute("select batch_id, batch_digest from fct_ledger_batches order by batch_id desc limit 1").fetchone()
    return Head(*row) if row else Head()
