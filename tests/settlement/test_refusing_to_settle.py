"""Settlement refuses with one sentence, and posts nothing, when what it would post cannot be right."""

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
from makegood.settlement.settling import Terms, session
from makegood.storage.queries import sql_beside


def test_periods_never_go_back(warehouse: Warehouse) -> None:
    warehouse.decides(Decision("a"))
    warehouse.publishes()
    warehouse.settles(9)
    with pytest.raises(MakegoodError, match="the period 2026-11-09 is over: 2026-11-10 was settled already"):
        warehouse.settles(8)


def test_large_corrections_wait_to_be_confirmed_and_a_dry_run_shows_them(warehouse: Warehouse) -> None:
    terms = Terms(TERMS.grace, most_adjustments=1, most_adjusted_usd=Decimal("1.5"))
    warehouse.decides(*[Decision(f"r{n}") for n in range(5)])
    warehouse.publishes()
    warehouse.settles(terms=terms)
    warehouse.decides(*[Decision(f"r{n}") for n in range(4)])
    warehouse.publishes()
    assert warehouse.settles(terms=terms).amount_usd == -1
    warehouse.decides(Decision("r0"), Decision("r1"))
    warehouse.publishes()
    dry = warehouse.settles(terms=terms, is_dry_run=True)
    assert (dry.entry_count, dry.amount_usd, dry.batch_id) == (2, Decimal(-2), None)
    with pytest.raises(MakegoodError, match=r"not posted: 2 adjustments and reversals of 2\.000000000000 USD"):
        warehouse.settles(terms=terms)
    assert len(warehouse.ledger.batches()) == 2
    assert warehouse.settles(terms=terms, is_confirmed=True).amount_usd == -2


def test_a_snapshot_older_than_the_last_settled_is_refused(warehouse: Warehouse) -> None:
    warehouse.decides(Decision("a"))
    old = warehouse.publishes()
    warehouse.decides(Decision("a"), Decision("b"))
    new = warehouse.publishes()
    warehouse.settles()
    record = Publications(publications_file(warehouse.home.warehouse))
    record.publish(old, "rollback", Contents(None, 0, 0, Decimal(0)), None)
    record.close()
    with pytest.raises(MakegoodError, match=f"the published snapshot {old} is older than {new}, which was settled"):
        warehouse.settles()


def test_a_rebuilt_warehouse_posts_nothing_and_one_that_is_rebuilt_in_part_is_refused(warehouse: Warehouse) -> None:
    decisions = [Decision("a"), Decision("b", at=40)]
    warehouse.decides(*decisions)
    warehouse.publishes(10)
    warehouse.settles()
    shutil.rmtree(warehouse.home.warehouse)
    rebuilt = Warehouse(warehouse.path)
    rebuilt.decides(decisions[1])
    rebuilt.publishes(10, start=1)
    with pytest.raises(MakegoodError, match="run those that are missing first"):
        rebuilt.settles()
    rebuilt.decides(*decisions)
    rebuilt.publishes(10)
    assert rebuilt.settles().entry_count == 0
    assert len(rebuilt.ledger.batches()) == 1


def test_two_settlements_at_once_are_one_and_a_sentence(warehouse: Warehouse) -> None:
    from filelock import FileLock

    warehouse.decides(Decision("a"))
    warehouse.publishes()
    with (
        FileLock(warehouse.ledger.root / "settlement.lock"),
        pytest.raises(MakegoodError, match="another settlement is at work"),
    ):
        warehouse.settles()
    assert warehouse.settles().entry_count == 1


def test_nothing_published_is_one_sentence(warehouse: Warehouse) -> None:
    with pytest.raises(MakegoodError, match="nothing is published yet"):
        warehouse.settles()


SPOILED = {
    "its account is unknown": "update entries set account_id = 'unknown'",
    "its amount is zero": "update entries set amount_usd = 0",
    "the total posted for its key would exceed the cost of its requests": "update entries set amount_usd = 100.000000000001",
    "the total posted for its key would be negative": "update entries set amount_usd = -0.000000000001",
    "its payout has no decision": "update entries set compensation_id = 'another'",
    "its key has another entry in the batch": "insert into entries from entries",
}


def test_every_invariant_is_spoiled_below() -> None:
    stated = re.findall(r" as place, '(.+)' as fault", sql_beside(entries.__file__, "violated_invariant"))
    assert stated == list(SPOILED)


@pytest.mark.parametrize("fault", SPOILED)
def test_an_entry_that_must_not_be_is_not_posted(warehouse: Warehouse, fault: str) -> None:
    warehouse.decides(Decision("a"))
    warehouse.publishes()
    warehouse.settles(is_dry_run=True)
    from datetime import datetime

    from makegood.settlement.due import work_out

    with session(warehouse.home, is_read_only=True) as (con, _):
        work_out(con, warehouse.ledger, date(2027, 1, 1), [], is_whole=True)
        make_entries(con, 1, DAY, datetime(2026, 12, 1))
        check(con)
        con.execute(SPOILED[fault])
        with pytest.raises(MakegoodError) as refused:
            check(con)
        assert fault in str(refused.value)
