"""Rollback: readers see an earlier publication, and the ledger does not change until wrong postings are adjusted by a later settlement."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from settled_home import Decision, Warehouse

from makegood.errors import MakegoodError
from makegood.publication.publications import ROLLBACK, Publication
from makegood.publication.reading import current_publication, reading
from makegood.publication.rolling_back import roll_back
from makegood.publication.upkeep import maintain

RIGHT, WRONG = [Decision("a")], [Decision("a", payout_usd="7"), Decision("b")]


@pytest.fixture
def published(warehouse: Warehouse) -> list[Publication]:
    """A right and then a wrong publication. The wrong one was settled, and then published once more together with the batch."""
    publications = []
    for decisions in (RIGHT, WRONG):
        warehouse.set_decisions(*decisions)
        warehouse.publish()
        publications.append(current_publication(warehouse.home.warehouse))
    warehouse.settle()
    warehouse.publish()
    return publications


def published_payouts(warehouse: Warehouse) -> list[tuple[str, str]]:
    with reading(warehouse.home.warehouse) as (con, _):
        return con.execute(
            "select request_id, payout_usd::integer::varchar from fct_compensations order by 1"
        ).fetchall()


@contextmanager
def refused(message: str) -> Iterator[None]:
    with pytest.raises(MakegoodError, match=message):
        yield


def test_a_rollback_shows_readers_the_earlier_publication_and_leaves_the_ledger_unchanged(
    warehouse: Warehouse, published: list[Publication]
) -> None:
    rollback = roll_back(warehouse.home)
    assert published_payouts(warehouse) == [("a", "1")]
    assert (rollback.snapshot_id, rollback.run_id) == (published[0].snapshot_id, ROLLBACK)
    assert (rollback.ledger_sequence, len(warehouse.ledger.batches())) == (1, 1)
    with refused("is older than .*, which was settled"):
        warehouse.settle()
    warehouse.set_decisions(*RIGHT)
    warehouse.publish()
    warehouse.settle(4)
    assert sorted(warehouse.entries("request_date, entry_type, amount_usd::integer")[2:]) == sorted(
        [(Decision("a").requested_at.date(), "adjustment", -6), (Decision("b").requested_at.date(), "reversal", -1)]
    )


def test_a_rollback_can_select_any_publication_including_a_later_one(
    warehouse: Warehouse, published: list[Publication]
) -> None:
    roll_back(warehouse.home, published[0].publication_id)
    roll_back(warehouse.home, published[1].publication_id)
    assert published_payouts(warehouse) == [("a", "7"), ("b", "1")]


def test_a_rollback_to_a_publication_that_does_not_exist_is_refused(
    warehouse: Warehouse, published: list[Publication]
) -> None:
    with refused(r"there is no publication 99: the last ones are 3, 2, 1"):
        roll_back(warehouse.home, 99)
    with refused(rf"there is no publication {10**30}: the last ones are 3, 2, 1"):
        roll_back(warehouse.home, 10**30)
    with refused(r"there is no publication 0: the last ones are 3, 2, 1"):
        roll_back(warehouse.home, 0)
    roll_back(warehouse.home)
    with refused("nothing to go back to"):
        roll_back(warehouse.home)


def test_a_rollback_to_an_expired_snapshot_is_refused(
    warehouse: Warehouse, published: list[Publication], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("makegood.publication.upkeep.KEPT_PUBLICATIONS", 1)
    maintain(warehouse.home)
    with refused("publication 1 is too old"):
        roll_back(warehouse.home, published[0].publication_id)


def test_a_rollback_before_the_first_publication_is_refused(warehouse: Warehouse) -> None:
    with refused("nothing is published yet"):
        roll_back(warehouse.home)
