"""Checks the tables that readers see: the ledger's tables against its batches, and marts against facts. verifying.py checks the ledger."""

from dataclasses import dataclass

import duckdb

from makegood.settlement.batches import Batch
from makegood.settlement.ledger import COLUMNS, Ledger
from makegood.settlement.loading import BATCH_COLUMNS, write_batches
from makegood.storage.queries import sql_beside
from makegood.storage.warehouse import has_table


@dataclass(frozen=True)
class ReaderTable:
    """A table that readers see, and a query for exactly the rows that it must contain.

    Attributes:
        table: its name.
        keys: the columns that identify a row; the first differing row is reported in their order.
        expected: the query; the columns that it returns are compared.
        scope: a condition for the rows of the table that are compared, if not all.
        source: what the query is based on, in words.
    """

    table: str
    keys: tuple[str, ...]
    expected: str
    source: str
    scope: str = "true"


def _expected(table: str) -> str:
    return sql_beside(__file__, f"expected/{table}")


POSTED = "what was posted"
READER_TABLES = (
    ReaderTable("fct_ledger_batches", ("batch_id",), "from loaded_batches", POSTED),
    ReaderTable("fct_ledger_entries", ("batch_id", "entry_id"), f"select {', '.join(COLUMNS)} from loaded", POSTED),
    ReaderTable(
        "mart_ledger_balances_daily",
        ("settled_date", "account_id"),
        _expected("mart_ledger_balances_daily"),
        POSTED,
    ),
    ReaderTable(
        "mart_ledger_postings",
        ("compensation_id", "account_id"),
        _expected("mart_ledger_postings"),
        POSTED,
    ),
    ReaderTable(
        "mart_settlement_daily",
        ("request_date", "account_id"),
        _expected("mart_settlement_daily"),
        "what was decided and posted",
    ),
    ReaderTable(
        "mart_compensation_by_account_daily",
        ("request_date", "account_id", "compensation_type", "model"),
        _expected("mart_compensation_by_account_daily"),
        "fct_compensations",
    ),
    ReaderTable(
        "fct_compensations",
        ("request_date", "source", "request_id"),
        _expected("fct_compensations"),
        "what fct_requests decides",
        scope="request_date in (select request_date from fct_requests)",
    ),
)


def faults(con: duckdb.DuckDBPyConnection, ledger: Ledger, loaded: list[Batch]) -> list[str]:
    """Differences in what readers see: one sentence per table, with the first row that differs.

    Args:
        con: a connection at the published snapshot.
        ledger: the ledger on disk.
        loaded: the batches that the snapshot contains.
    """
    con.execute(f"create or replace temp table loaded as select {', '.join(COLUMNS)} from {ledger.relation(loaded)}")
    columns = ", ".join(f"{name} {kind}" for name, kind in BATCH_COLUMNS.items())
    con.execute(f"create or replace temp table loaded_batches ({columns})")
    write_batches(con, "loaded_batches", loaded)
    found = [_first_unlike(con, table) for table in READER_TABLES]
    return [fault for fault in found if fault]


def _first_unlike(con: duckdb.DuckDBPyConnection, table: ReaderTable) -> str | None:
    if not has_table(con, table.table):
        return f"{table.table} does not exist yet: run a landing hour to create it"
    columns = ", ".join(str(column[0]) for column in con.execute(f"from ({table.expected}) limit 0").description or [])
    keys = ", ".join(table.keys)
    row = con.execute(
        sql_beside(__file__, "first_unlike").format(
            columns=columns, expected=table.expected, table=table.table, scope=table.scope, keys=keys
        )
    ).fetchone()
    if row is None:
        return None
    named = ", ".join(f"{key} {value}" for key, value in zip(table.keys, row, strict=True))
    return f"{table.table} does not match {table.source}: the first row that differs has {named}"
