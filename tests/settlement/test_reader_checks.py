"""`makegood verify` compares the tables that readers see with the ledger: each table of a warehouse built by dbt is damaged in turn."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from running_gateway import FIRST, Gateway, record
from simulation.operator import TERMS, Operator

from makegood.home import publications_file
from makegood.hours import HOUR
from makegood.publication.publications import Contents, Publications
from makegood.settlement.reader_checks import READER_TABLES
from makegood.settlement.verifying import verify
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach, head_snapshot

LANDED_HOURS = 30
"""How many landing hours must be run until the first day is closed."""
DAMAGE = {
    "fct_ledger_batches": ("update fct_ledger_batches set amount_usd = amount_usd + 0.000000000001 where batch_id = 2", "batch_id 2"),
    "fct_ledger_entries": ("delete from fct_ledger_entries where entry_type = 'adjustment'", "batch_id 2, entry_id "),
    "mart_ledger_balances_daily": (
        "create or replace view mart_ledger_balances_daily as select * replace (opening_usd - 1 as opening_usd) from ({view})",
        "settled_date 2026-11-03, account_id acme",
    ),
    "mart_ledger_postings": (
        "create or replace view mart_ledger_postings as select * replace (entry_count + 1 as entry_count) from ({view})",
        "compensation_id ",
    ),
    "mart_settlement_daily": (
        "create or replace view mart_settlement_daily as from ({view}) where account_id <> 'globex'",
        "request_date 2026-11-01, account_id globex",
    ),
    "mart_compensation_by_account_daily": (
        "insert into mart_compensation_by_account_daily from mart_compensation_by_account_daily limit 1",
        "request_date 2026-11-01, account_id ",
    ),
    "fct_compensations": (
        "update fct_requests set payout_usd = payout_usd - 0.000000000001 where request_id = 'changed'",
        "request_date 2026-11-01, source gateway, request_id changed",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """A home with a settled day, of which one payout was decided again and adjusted. The directory `copy` beside it is a copy."""
    root = tmp_path_factory.mktemp("reader_checks") / "home"
    root.mkdir()
    operator, gateway = Operator(root), Gateway(root)
    paid = {"status_code": "503", "cost_usd": "0.010000000001"}
    gateway.land(FIRST, [record("changed", FIRST, **paid), record("other", FIRST, account_id="globex", **paid)])
    operator.run(FIRST, FIRST + HOUR * LANDED_HOURS)
    operator.settle(date(2026, 11, 3))
    gateway.land(FIRST + HOUR, [record("changed", FIRST, **{**paid, "cost_usd": "0.02"})])
    operator.run(FIRST + HOUR, FIRST + HOUR * 2)
    operator.settle(date(2026, 11, 4), is_confirmed=True)
    shutil.copytree(root, root.with_name("copy"))
    return operator


def publish_damage(warehouse: Path, table: str, damage: str) -> None:
    """Execute the damaging statement and publish the result."""
    with connect() as con:
        attach(con, warehouse, read_only=False)
        row = con.execute("select sql from duckdb_views() where view_name = ? and not internal", [table]).fetchone()
        con.execute(damage.format(view=row[0].split(" AS ", 1)[1].rstrip(";") if row else ""))
        snapshot = head_snapshot(con)
    record = Publications(publications_file(warehouse))
    now = record.current()
    assert now is not None
    record.publish(
        snapshot, "damaged", Contents(None, 0, 0, Decimal(0)), None, (now.ledger_sequence, now.ledger_digest)
    )
    record.close()


def test_every_checked_table_has_a_damage_case() -> None:
    assert DAMAGE.keys() == {reader_table.table for reader_table in READER_TABLES}


def test_an_undamaged_warehouse_has_no_problems(operator: Operator) -> None:
    verdict = verify(operator.home, TERMS.grace)
    assert (verdict.problems, verdict.batch_count, verdict.entry_count) == ((), 2, 3)


@pytest.mark.parametrize("table", DAMAGE)
def test_the_first_mismatching_row_is_reported(operator: Operator, table: str) -> None:
    damage, row = DAMAGE[table]
    shutil.rmtree(operator.home.root)
    shutil.copytree(operator.home.root.with_name("copy"), operator.home.root)
    publish_damage(operator.home.warehouse, table, damage)
    problems = verify(operator.home, TERMS.grace).problems
    assert any(problem.startswith(f"{table} does not match ") and row in problem for problem in problems), problems


def test_a_missing_table_is_reported(operator: Operator) -> None:
    shutil.rmtree(operator.home.root)
    shutil.copytree(operator.home.root.with_name("copy"), operator.home.root)
    publish_damage(
        operator.home.warehouse,
        "mart_ledger_postings",
        "drop view mart_compensation_details; drop view mart_ledger_postings",
    )
    assert (
        "mart_ledger_postings does not exist yet: run a landing hour to create it"
        in verify(operator.home, TERMS.grace).problems
    )
