"""Hand-over: cents of what was posted, never taken back, and the same bytes whenever it is asked for."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from settled_home import Decision, Warehouse

from orchestration.errors import MakegoodError
from orchestration.settlement.handover import hand_over_batches
from orchestration.settlement.standings import FILE, Standing


def settle_each(warehouse: Warehouse, *states: list[Decision]) -> None:
    for number, rows in enumerate(states):
        warehouse.decides(*rows)
        warehouse.publishes()
        warehouse.settles(3 + number)


def credited(warehouse: Warehouse) -> list[dict[str, str]]:
    """Each batch's credits by account."""
    made = hand_over_batches(warehouse.ledger, warehouse.home.exports)
    files = [list(csv.DictReader((one.directory / "credits.csv").read_text().splitlines())) for one in made]
    return [{row["account_id"]: row["amount_usd"] for row in rows} for rows in files]


def test_fractions_of_a_cent_are_carried_and_what_is_taken_back_is_set_against_what_comes_later(
    warehouse: Warehouse,
) -> None:
    settle_each(
        warehouse,
        [Decision("a", payout_usd="0.125"), Decision("b", payout_usd="0.004", account_id="globex")],
        [
            Decision("a", payout_usd="0.125"),
            Decision("c", payout_usd="0.003"),
            Decision("b", payout_usd="0.004", account_id="globex"),
        ],
        [Decision("c", payout_usd="0.003"), Decision("b", payout_usd="0.009", account_id="globex")],
        [
            Decision("d", payout_usd="0.1"),
            Decision("c", payout_usd="0.003"),
            Decision("b", payout_usd="0.009", account_id="globex"),
        ],
        [
            Decision("d", payout_usd="0.2"),
            Decision("c", payout_usd="0.003"),
            Decision("b", payout_usd="0.009", account_id="globex"),
        ],
    )
    assert credited(warehouse) == [{"acme": "0.12"}, {"acme": "0.01"}, {"globex": "0.01"}, {}, {"acme": "0.07"}]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.decimals(min_value=0, max_value=3, places=12), max_size=8))
def test_what_was_credited_is_the_most_that_ever_stood_in_cents(sums: list[Decimal]) -> None:
    standing, credited_before = Standing(), Decimal(0)
    for number, posted in enumerate(sums, 1):
        standing = standing.with_posted(posted - standing.posted_usd)
        assert standing.credited_usd >= credited_before
        assert standing.credited_usd == max(round(posted, 2) for posted in sums[:number])
        credited_before = standing.credited_usd


def test_a_hand_over_goes_on_where_the_one_before_stood_and_comes_to_the_same_without_it(warehouse: Warehouse) -> None:
    paid = [Decision("a", payout_usd="0.126"), Decision("b", payout_usd="0.5", account_id="globex")]
    settle_each(warehouse, paid, [*paid, Decision("c", payout_usd="0.005")], [paid[1], Decision("d", payout_usd="0.9")])
    exports, others = warehouse.home.exports, [warehouse.home.root / name for name in ("alone", "spoilt")]
    made = {
        file.name: file.read_bytes() for file in hand_over_batches(warehouse.ledger, exports)[-1].directory.iterdir()
    }
    hand_over_batches(warehouse.ledger, others[1])
    for file in (others[1] / "handover" / "00000003").iterdir():
        file.unlink()
    before = others[1] / "handover" / "00000002" / FILE
    before.write_text(before.read_text().replace("0.13", "0.01"))
    for other in others:
        [again] = hand_over_batches(warehouse.ledger, other, 3)
        assert {file.name: file.read_bytes() for file in again.directory.iterdir()} == made
    taken_up = exports / "handover" / "00000002" / FILE
    assert [json.loads(line) for line in taken_up.read_text().splitlines()] == [
        {"account_id": "acme", "posted_usd": "0.131000000000", "credited_usd": "0.13"},
        {"account_id": "globex", "posted_usd": "0.500000000000", "credited_usd": "0.50"},
    ]


def test_the_files_are_the_same_bytes_again_and_say_what_billing_needs(warehouse: Warehouse) -> None:
    settle_each(
        warehouse,
        [Decision("a", payout_usd="1.5", account_id="=cmd"), Decision("b", payout_usd="2.25", account_id="globex")],
    )
    [made] = hand_over_batches(warehouse.ledger, warehouse.home.exports)
    assert (made.credit_count, made.amount_usd, made.is_new) == (2, Decimal("3.75"), True)
    before = {file.name: file.read_bytes() for file in made.directory.iterdir()}
    [again] = hand_over_batches(warehouse.ledger, warehouse.home.exports, 1)
    assert not again.is_new
    elsewhere = hand_over_batches(warehouse.ledger, warehouse.home.root / "elsewhere")[0].directory
    for directory in (made.directory, elsewhere):
        assert {file.name: file.read_bytes() for file in directory.iterdir()} == before

    rows = list(csv.DictReader(io.StringIO(before["credits.csv"].decode())))
    assert [(row["account_id"], row["amount_usd"]) for row in rows] == [("'=cmd", "1.50"), ("globex", "2.25")]
    assert len({row["idempotency_key"] for row in rows}) == 2
    lago = [json.loads(line) for line in before["lago_wallet_transactions.jsonl"].splitlines()]
    assert lago[1]["wallet_transaction"]["granted_credits"] == "2.25"
    stripe = [json.loads(line) for line in before["stripe_credit_grants.jsonl"].splitlines()]
    assert stripe[1]["body"]["amount"]["monetary"] == {"currency": "usd", "value": 225}
    assert stripe[1]["headers"]["Idempotency-Key"] == rows[1]["idempotency_key"]
    journal = list(csv.DictReader(io.StringIO(before["journal.csv"].decode())))
    assert {row["amount_usd"] for row in journal} == {"1.500000000000", "2.250000000000"}
    assert json.loads(before["manifest.json"])["ledger_digest"] == warehouse.ledger.head().digest


def test_files_that_were_changed_are_not_written_over(warehouse: Warehouse) -> None:
    settle_each(warehouse, [Decision("a")])
    [made] = hand_over_batches(warehouse.ledger, warehouse.home.exports)
    (made.directory / "credits.csv").write_text("changed")
    assert hand_over_batches(warehouse.ledger, warehouse.home.exports) == []
    with pytest.raises(MakegoodError, match=r"credits\.csv was handed over with another content"):
        hand_over_batches(warehouse.ledger, warehouse.home.exports, 1)
    with pytest.raises(MakegoodError, match="there is no batch 2: the ledger has 1"):
        hand_over_batches(warehouse.ledger, warehouse.home.exports, 2)


def test_a_ledger_behind_its_hand_overs_is_not_settled(warehouse: Warehouse) -> None:
    warehouse.decides(Decision("a"))
    warehouse.publishes()
    warehouse.settles()
    hand_over_batches(warehouse.ledger, warehouse.home.exports)
    [file] = warehouse.ledger.files()
    file.rename(Path(warehouse.path) / "taken away")
    with pytest.raises(MakegoodError, match="is behind what was handed over: batch 1"):
        warehouse.settles()
