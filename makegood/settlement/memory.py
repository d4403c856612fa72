"""Remembers what the last settlement saw, so that the next one compares only what changed.

It is a cache in the warehouse: without it, all of history is compared. It is used only if it matches this warehouse and this end of the
ledger.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from makegood.home import settlement_memory_file
from makegood.settlement.batches import Batch, Head
from makegood.settlement.closing import Coverage
from makegood.storage.connections import sql_text
from makegood.storage.queries import only_row, sql_beside

ALIAS = "settled"


@dataclass(frozen=True)
class Settled:
    """The snapshot that a settlement settled, and the landing hours published by then."""

    warehouse_id: str
    snapshot_id: int
    covered: Coverage


def attach_memory(con: duckdb.DuckDBPyConnection, warehouse: Path, *, read_only: bool) -> None:
    """Attach the memory as `settled`. If it is opened read-only and does not exist, an empty one in memory takes its place.

    Raises:
        duckdb.Error: the file is damaged; call `forget`.
    """
    file = settlement_memory_file(warehouse)
    if read_only and file.exists():
        con.execute(f"attach '{sql_text(file)}' as {ALIAS} (read_only)")
        return
    con.execute(f"attach '{':memory:' if read_only else sql_text(file)}' as {ALIAS}")
    con.execute(sql_beside(__file__, "memory"))


def forget(warehouse: Path) -> bool:
    """Delete the memory, so that the next settlement compares all of history. Returns whether there was one."""
    file = settlement_memory_file(warehouse)
    is_there = file.exists()
    for part in (file, file.with_name(file.name + ".wal")):
        part.unlink(missing_ok=True)
    return is_there


def is_believed(con: duckdb.DuckDBPyConnection, warehouse_id: str, head: Head) -> bool:
    """Whether the memory matches this warehouse and this end of the ledger."""
    row = con.execute("select warehouse_id, ledger_sequence, ledger_digest from settled.settlement").fetchone()
    return row == (warehouse_id, head.sequence, head.digest)


def last_settled(con: duckdb.DuckDBPyConnection, last: Batch | None, is_remembered: bool) -> Settled | None:
    """What the last settlement settled, from the memory if it is valid, else from the last batch."""
    if is_remembered:
        warehouse_id, snapshot_id, covered_from, covered_until = only_row(
            con.execute("select warehouse_id, snapshot_id, covered_from, covered_until from settled.settlement")
        )
        return Settled(warehouse_id, snapshot_id, Coverage(covered_from, covered_until))
    return (
        Settled(last.warehouse_id, last.snapshot_id, Coverage(last.covered_from, last.covered_until)) if last else None
    )


def batches_of(con: duckdb.DuckDBPyConnection, dates: set[date]) -> set[int]:
    """The numbers of the batches with entries for these request dates."""
    found = con.execute(
        "select distinct sequence from settled.batch_dates where request_date in $dates", {"dates": list(dates)}
    )
    return {sequence for (sequence,) in found.fetchall()}


def remember(
    con: duckdb.DuckDBPyConnection,
    warehouse_id: str,
    snapshot_id: int,
    covered: Coverage,
    head: Head,
    batches: list[Batch],
    is_whole: bool,
) -> None:
    """Store what this settlement saw, from the temporary tables that `due` made, in one transaction.

    `batches` are the new ones since the last settlement, or all batches if all of history was compared.
    """
    con.execute("begin")
    con.execute("delete from settled.settlement")
    con.execute(
        "insert into settled.settlement values (?, ?, ?, ?, ?, ?)",
        [warehouse_id, snapshot_id, covered.start, covered.end, head.sequence, head.digest],
    )
    con.execute(
        "delete from settled.hours; insert into settled.hours select hour_at, compensation_digest from closed_hours"
    )
    con.execute("delete from settled.caps; insert into settled.caps from compensation_caps")
    everything = "true" if is_whole else "request_date in (select request_date from scope_dates)"
    for table in ("account_days", "keys"):
        con.execute(f"delete from settled.{table} where {everything}; insert into settled.{table} from {table}_now")
    con.execute(
        f"delete from settled.bound_months where {'true' if is_whole else 'month in (select month from scope_months)'}"
    )
    con.execute("insert into settled.bound_months from bound_months_now")
    if is_whole:
        con.execute("delete from settled.batch_dates; delete from settled.waiting_months")
    for batch in batches:
        con.execute("insert into settled.batch_dates select ?, unnest(?)", [batch.sequence, list(batch.request_dates)])
    con.execute("delete from settled.waiting_months where account_id not in (select account_id from holds)")
    con.execute("insert into settled.waiting_months from (from waiting_months_now except from settled.waiting_months)")
    con.execute("commit")
