"""A rollback moves readers back, and nothing else: the ledger stays, and what was posted wrongly is adjusted later."""

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
    """What was right, and then what was wrong and was settled; the wrong one is published with the ledger's batch."""
    publications = []
    for decisions in (RIGHT, WRONG):
        warehouse.decides(*decisions)
        warehouse.publishes()
        publications.append(current_publication(warehouse.home.warehouse))
    warehouse.settles()
    warehouse.publishes()
    return publications


def seen(warehouse: Warehouse) -> list[tuple[str, str]]:
    with reading(warehouse.home.warehouse) as (con, _):
        return con.execute(
            "select request_id, payout_usd::integer::varchar from fct_compensations order by 1"
        ).fetchall()


@contextmanager
def refused(sentence: str) -> Iterator[None]:
    with pytest.raises(MakegoodError, match=sentence):
        yield


def test_readers_go_back_and_the_ledger_does_not(warehouse: Warehouse, published: list[Publication]) -> None:
    back = roll_back(warehouse.home)
    assert seen(warehouse) == [("a", "1")]
    assert (back.snapshot_id, back.run_id) == (published[0].snapshot_id, ROLLBACK)
    assert (back.ledger_sequence, len(warehouse.ledger.batches())) == (1, 1)
    with refused("is older than .*, which was settled"):
        warehouse.settles()
    warehouse.decides(*RIGHT)
    warehouse.publishes()
    warehouse.settles(4)
    assert sorted(warehouse.entries("request_date, entry_type, amount_usd::integer")[2:]) == sorted(
        [(Decision("a").requested_at.date(), "adjustment", -6), (Decision("b").requested_at.date(), "reversal", -1)]
    )


def test_a_publication_is_named_and_forward_is_a_way_too(warehouse: Warehouse, published: list[Publication]) -> None:
    roll_back(warehouse.home, published[0].publication_id)
    roll_back(warehouse.home, published[1].publication_id)
    assert seen(warehouse) == [("a", "7"), ("b", "1")]


def test_what_cannot_be_gone_back_to_is_one_sentence(warehouse: Warehouse, published: list[Publication]) -> None:
    with refused(r"there is no publication 99: the last ones are 3, 2, 1"):
        roll_back(warehouse.home, 99)
    with refused(rf"there is no publication {10**30}: the last ones are 3, 2, 1"):
        roll_back(warehouse.home, 10**30)
    with refused(r"there is no publication 0: the last ones are 3, 2, 1"):
        roll_back(warehouse.home, 0)
    roll_back(warehouse.home)
    with refused("nothing to go back to"):
        roll_back(warehouse.home)


def test_a_snapshot_that_was_expired_is_refused(
    warehouse: Warehouse, published: list[Publication], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("makegood.publication.upkeep.KEPT_PUBLICATIONS", 1)
    maintain(warehouse.home)
    with refused("publication 1 is too old"):
        roll_back(warehouse.home, published[0].publication_id)


def test_without_a_publication_there_is_nothing_to_go_back_to(warehouse: Warehouse) -> None:
    with refused("nothing is published yet"):
        roll_back(warehouse.home)
