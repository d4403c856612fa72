"""Checks the tables that readers see: the ledger's tables against its batches, and marts against facts. verifying.py checks the ledger."""

from dataclasses import dataclass

import duckdb

from makegood.settlement.batches import Batch
from makegood.settlement.ledger import COLUMNS, Ledger
from makegood.settlement.loading import BATCH_COLUMNS, write_batches
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


POSTED = "what was posted"
READER_TABLES = (
    ReaderTable("fct_ledger_batches", ("batch_id",), "from loaded_batches", POSTED),
    ReaderTable("fct_ledger_entries", ("batch_id", "entry_id"), f"select {', '.join(COLUMNS)} from loaded", POSTED),
    ReaderTable(
        "mart_ledger_balances_daily",
        ("settled_date", "account_id"),
        """
        select
            account_id,
            settled_date,
            sum(amount_usd) over (account_days rows unbounded preceding) - amount_usd as opening_usd,
            payouts_usd,
            adjustments_usd,
            reversals_usd,
            sum(amount_usd) over (account_days rows unbounded preceding) as closing_usd,
            entry_count,
        from (
            select
                account_id,
                settled_date,
                sum(amount_usd) as amount_usd,
                sum(if(entry_type = 'payout', amount_usd, 0)) as payouts_usd,
                sum(if(entry_type = 'adjustment', amount_usd, 0)) as adjustments_usd,
                sum(if(entry_type = 'reversal', amount_usd, 0)) as reversals_usd,
                count(*) as entry_count,
            from loaded
            group by account_id, settled_date
        )
        window account_days as (partition by account_id order by settled_date)
        """,
        POSTED,
    ),
    ReaderTable(
        "mart_ledger_postings",
        ("compensation_id", "account_id"),
        "select compensation_id, account_id, sum(amount_usd) as posted_usd, count(*) as entry_count from loaded group by all",
        POSTED,
    ),
    ReaderTable(
        "mart_settlement_daily",
        ("request_date", "account_id"),
        """
        select
            request_date,
            account_id,
            sum(decided_usd)::decimal(38, 12) as decided_usd,
            sum(posted_usd)::decimal(38, 12) as posted_usd,
            sum(decided_usd - posted_usd)::decimal(38, 12) as unsettled_usd,
        from (
            select request_date, account_id, payout_usd as decided_usd, 0 as posted_usd from fct_compensations
            union all
            select request_date, account_id, 0, amount_usd from loaded
        )
        group by request_date, account_id
        """,
        "what was decided and posted",
    ),
    ReaderTable(
        "mart_compensation_by_account_daily",
        ("request_date", "account_id", "compensation_type", "model"),
        """
        select request_date, account_id, compensation_type, model, count(*) as compensation_count, sum(payout_usd) as payout_usd
        from fct_compensations group by all
        """,
        "fct_compensations",
    ),
    ReaderTable(
        "fct_compensations",
        ("request_date", "source", "request_id"),
        """
        select request_date, source, request_id, account_id, requested_at, rule_id, policy_version, cost_usd, payout_usd
        from fct_requests where reason_code = 'compensated'
        """,
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
        f"with expected as (select {columns} from ({table.expected})),"
        f" found as (select {columns} from {table.table} where {table.scope}),"
        " unlike as ((from expected except all from found) union all (from found except all from expected))"
        f" select {keys} from unlike order by {keys} limit 1"
    ).fetchone()
    if row is None:
        return None
    named = ", ".join(f"{key} {value}" for key, value in zip(table.keys, row, strict=True))
    return f"{table.table} does not match {table.source}: the first row that differs has {named}"
