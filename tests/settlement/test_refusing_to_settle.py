"""Refused settlements: if the entries could not be right, nothing is posted and the error is one sentence."""

import re
import shutil
from datetime import date
from decimal import Decimal

import pytest
from settled_home import DAY, TERMS, Decision, Warehouse

from makegood.errors import MakegoodError
from makegood.home import publications_file
from makegood.publication.publications import Contents, Publications
from makegood.settlement import entries
from makegood.settlement.entries import check, make_entries
from makegood.settlement.holds import Holds
from makegood.settlement.settling import Terms, session
from makegood.storage.queries import sql_beside


def test_a_settlement_to_an_earlier_posting_period_is_refused(warehouse: Warehouse) -> None:
    warehouse.set_decisions(Decision("a"))
    warehouse.publish()
    warehouse.settle(9)
    with pytest.raises(MakegoodError, match="the period 2026-11-09 is over: 2026-11-10 was settled already"):
        warehouse.settle(8)


def test_large_corrections_must_be_confirmed_and_are_shown_by_a_dry_run(warehouse: Warehouse) -> None:
    terms = Terms(TERMS.grace, most_adjustments=1, most_adjusted_usd=Decimal("1.5"))
    warehouse.set_decisions(*[Decision(f"r{n}") for n in range(5)])
    warehouse.publish()
    warehouse.settle(terms=terms)
    warehouse.set_decisions(*[Decision(f"r{n}") for n in range(4)])
    warehouse.publish()
    assert warehouse.settle(terms=terms).amount_usd == -1
    warehouse.set_decisions(Decision("r0"), Decision("r1"))
    warehouse.publish()
    dry_run = warehouse.settle(terms=terms, is_dry_run=True)
    assert (dry_run.entry_count, dry_run.amount_usd, dry_run.batch_id) == (2, Decimal(-2), None)
    with pytest.raises(MakegoodError, match=r"not posted: 2 adjustments and reversals of 2\.000000000000 USD"):
        warehouse.settle(terms=terms)
    assert len(warehouse.ledger.batches()) == 2
    assert warehouse.settle(terms=terms, is_confirmed=True).amount_usd == -2


def test_a_snapshot_older_than_the_last_settled_one_is_refused(warehouse: Warehouse) -> None:
    warehouse.set_decisions(Decision("a"))
    old = warehouse.publish()
    warehouse.set_decisions(Decision("a"), Decision("b"))
    new = warehouse.publish()
    warehouse.settle()
    record = Publications(publications_file(warehouse.home.warehouse))
    record.publish(old, "rollback", Contents(None, 0, 0, Decimal(0)), None)
    record.close()
    with pytest.raises(MakegoodError, match=f"the published snapshot {old} is older than {new}, which was settled"):
        warehouse.settle()


def test_a_partly_rebuilt_warehouse_is_refused_and_a_fully_rebuilt_one_posts_nothing(warehouse: Warehouse) -> None:
    decisions = [Decision("a"), Decision("b", at=40)]
    warehouse.set_decisions(*decisions)
    warehouse.publish(10)
    warehouse.settle()
    shutil.rmtree(warehouse.home.warehouse)
    rebuilt = Warehouse(warehouse.path)
    rebuilt.set_decisions(decisions[1])
    rebuilt.publish(10, start=1)
    with pytest.raises(MakegoodError, match="run those that are missing first"):
        rebuilt.settle()
    rebuilt.set_decisions(*decisions)
    rebuilt.publish(10)
    assert rebuilt.settle().entry_count == 0
    assert len(rebuilt.ledger.batches()) == 1


def test_a_second_concurrent_settlement_is_refused(warehouse: Warehouse) -> None:
    from filelock import FileLock

    warehouse.set_decisions(Decision("a"))
    warehouse.publish()
    with (
        FileLock(warehouse.ledger.root / "settlement.lock"),
        pytest.raises(MakegoodError, match="another settlement is at work"),
    ):
        warehouse.settle()
    assert warehouse.settle().entry_count == 1


def test_a_settlement_before_the_first_publication_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(MakegoodError, match="nothing is published yet"):
        warehouse.settle()


INVALIDATE = {
    "its account is unknown": "update entries set account_id = 'unknown'",
    "its amount is zero": "update entries set amount_usd = 0",
    "the total posted for its key would exceed the cost of its requests": "update entries set amount_usd = 100.000000000001",
    "the total posted for its key would be negative": "update entries set amount_usd = -0.000000000001",
    "its payout has no decision": "update entries set compensation_id = 'another'",
    "its key has another entry in the batch": "insert into entries from entries",
}


def test_every_invariant_is_violated_by_a_case_below() -> None:
    faults = re.findall(r" as place, '(.+)' as fault", sql_beside(entries.__file__, "violated_invariant"))
    assert faults == list(INVALIDATE)


@pytest.mark.parametrize("fault", INVALIDATE)
def test_an_invalid_entry_is_not_posted(warehouse: Warehouse, fault: str) -> None:
    warehouse.set_decisions(Decision("a"))
    warehouse.publish()
    warehouse.settle(is_dry_run=True)
    from datetime import datetime

    from makegood.settlement.due import work_out

    with session(warehouse.home, is_read_only=True) as (con, _):
        work_out(con, warehouse.ledger, date(2027, 1, 1), Holds(), is_whole=True)
        make_entries(con, 1, DAY, datetime(2026, 12, 1))
        check(con)
        con.execute(INVALIDATE[fault])
        with pytest.raises(MakegoodError) as raised:
            check(con)
        assert fault in str(raised.value)
