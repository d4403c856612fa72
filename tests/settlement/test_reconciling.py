"""Reconciliation: a restored ledger pays nothing until it was compared with billing, and then nothing is paid twice and nothing is lost."""

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from billing_system import Billing
from posted_ledger import post
from settled_home import Decision, Warehouse

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.settlement.handover import CREDITS, hand_over_batches
from makegood.settlement.ledger import Ledger
from makegood.settlement.reconciling import Reconciliation, reconcile
from makegood.settlement.trusting import note_seen, refuse_what_may_be_older


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").prepare()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "accepted.csv"


def restore(copy: Path, home: Home, *left_out: str) -> Home:
    """Replace the home by an empty one with the copy of the ledger, without the ledger's directories `left_out`."""
    shutil.rmtree(home.root)
    home.prepare()
    shutil.rmtree(home.ledger)
    shutil.copytree(copy, home.ledger)
    for name in left_out:
        shutil.rmtree(home.ledger / name, ignore_errors=True)
    return home


def credited_billing(home: Home, *batches: list[tuple[str, str]]) -> Billing:
    """Post these batches and hand them over. Returns a billing system that accepted their credits."""
    billing = Billing()
    for postings in batches:
        post(home, *postings)
    hand_over_batches(home)
    billing.accept_credits(home)
    return billing


def test_a_new_home_can_hand_over_without_reconciling(home: Home) -> None:
    assert hand_over_batches(home) == []
    post(home, ("acme", "1"))
    assert [handover.amount_usd for handover in hand_over_batches(home)] == [1]


@pytest.mark.parametrize("left_out", [[], ["handover"]])
@pytest.mark.parametrize("with_accounts", [False, True])
def test_a_restored_ledger_that_is_settled_again_pays_the_same_totals_as_one_that_was_never_lost(
    home: Home, file: Path, tmp_path: Path, left_out: list[str], with_accounts: bool
) -> None:
    """Three days are posted and handed over, and the ledger is copied after the first.

    After that copy is restored, the two lost days are posted again as one batch, and then a fourth day is posted.
    """
    days = [
        [("acme", "1.004"), ("globex", "0.5"), ("'-acme", "0.25")],
        [("acme", "1.1"), ("globex", "0.004")],
        [("acme", "0.9"), ("initech\r\n", "7"), ("globex", "0.004")],
        [("acme", "2"), ("globex", "-0.2"), ("-acme", "0.25")],
    ]
    billing = Billing()
    for number, day in enumerate(days[:3]):
        post(home, *day)
        hand_over_batches(home)
        billing.accept_credits(home)
        if number == 0:
            shutil.copytree(home.ledger, tmp_path / "copy")
    paid = billing.paid()
    shutil.copytree(home.root, tmp_path / "never_lost")
    restore(tmp_path / "copy", home, *left_out)
    with pytest.raises(MakegoodError, match=r"has not been used in this home before.*makegood reconcile FILE"):
        hand_over_batches(home)
    file = billing.export(file, with_accounts=with_accounts)
    if not with_accounts:
        with pytest.raises(MakegoodError, match=r"the account of makegood-.* cannot be found"):
            reconcile(home, file)
        post_without_being_seen(home, ("initech\r\n", "0.004"))
    result = reconcile(home, file)
    assert result.accepted_count == len(billing.accepted)
    hand_over_batches(home)
    billing.accept_credits(home)
    assert billing.paid() == paid
    post(home, ("acme", "2"), ("globex", "0.008"), ("initech\r\n", "7" if with_accounts else "6.996"))
    hand_over_batches(home)
    billing.accept_credits(home)
    assert billing.paid() == paid

    post(home, *days[3])
    hand_over_batches(home)
    billing.accept_credits(home)
    other_billing = credited_billing(Home(tmp_path / "never_lost"), days[3])
    assert billing.paid() == other_billing.paid()


def post_without_being_seen(home: Home, *postings: tuple[str, str]) -> None:
    """Post entries so that their accounts are known, as a run of landing hours would, but leave no record that the home saw its ledger."""
    note_seen(home, Ledger(home.ledger).head(), 0)
    post(home, *postings)
    home.ledger_seen.unlink()


def test_the_same_amounts_posted_again_have_the_same_idempotency_keys_even_without_reconciling(
    home: Home, tmp_path: Path
) -> None:
    """If work continues on a copy of a whole home, Makegood cannot notice it, but billing refuses a key that it already has."""
    billing = Billing()
    post(home, ("acme", "1"))
    hand_over_batches(home)
    shutil.copytree(home.root, tmp_path / "copy")
    for root in (home.root, tmp_path / "copy"):
        post(Home(root), ("globex", "3"), ("acme", "1.1"))
        hand_over_batches(Home(root))
        billing.accept_credits(Home(root))
    assert billing.paid() == {"acme": Decimal("2.1"), "globex": Decimal(3)}
    assert len(billing.accepted) == 3


Cause = Callable[[Home], object]
CAUSES: dict[str, tuple[Cause, str]] = {
    "the ledger is marked as restored": (lambda home: (home.ledger / "restored").touch(), "was restored"),
    "the hand-over records are missing": (lambda home: shutil.rmtree(home.ledger / "handover"), "no record of what was handed over"),
    "the record of the last seen ledger is missing": (lambda home: home.ledger_seen.unlink(), "has not been used in this home before"),
    "the last batch is missing": (lambda home: Ledger(home.ledger).batches()[2].file.unlink(), "is behind what was posted: batch 3"),
}  # fmt: skip


@pytest.mark.parametrize("cause", CAUSES)
def test_nothing_is_handed_over_until_the_ledger_is_reconciled_with_billing(home: Home, file: Path, cause: str) -> None:
    billing = credited_billing(home, [("acme", "1")], [("acme", "2")])
    post(home, ("acme", "4"))
    change, message = CAUSES[cause]
    change(home)
    for batch_id in (None, 1):
        with pytest.raises(MakegoodError, match=f"{message}.*makegood reconcile FILE"):
            hand_over_batches(home, batch_id)
    reconcile(home, billing.export(file))
    refuse_what_may_be_older(home, Ledger(home.ledger))
    hand_over_batches(home)
    billing.accept_credits(home)
    assert billing.paid() == {"acme": Decimal(3 if cause.startswith("the last batch") else 7)}
    assert hand_over_batches(home) == []


def test_reconciling_again_changes_nothing(home: Home, file: Path) -> None:
    billing = credited_billing(home, [("acme", "1")])
    shutil.rmtree(home.ledger / "handover")
    first = reconcile(home, billing.export(file))
    assert (first.added_count, first.added_usd, first.known_count) == (1, 1, 0)
    assert reconcile(home, file) == Reconciliation(1, 1, 0, Decimal(0), None)
    assert [handover.amount_usd for handover in hand_over_batches(home)] == [0]


def test_credits_that_only_billing_knows_are_set_off_against_later_credits(home: Home, file: Path) -> None:
    """Billing has credited more than the ledger has posted. The difference is carried forward."""
    post(home, ("acme", "1"))
    note_seen(home, Ledger(home.ledger).head(), 0)
    (home.ledger / "restored").touch()
    file.write_text(f"idempotency_key,amount_usd,account_id\nmakegood-{'a' * 32},2.50,acme\n")
    assert reconcile(home, file).added_usd == Decimal("2.50")
    post(home, ("acme", "1"))
    post(home, ("acme", "1"))
    assert [handover.amount_usd for handover in hand_over_batches(home)] == [0, 0, Decimal("0.50")]


def test_a_gap_in_the_credits_that_billing_accepted_must_be_confirmed(home: Home, file: Path) -> None:
    billing = credited_billing(home, [("acme", "1")], [("acme", "2")])
    [first] = [key for key, (_, amount) in billing.accepted.items() if amount == 1]
    del billing.accepted[first]
    shutil.rmtree(home.ledger / "handover")
    with pytest.raises(MakegoodError, match=f"but not {first} of 1.00 USD, which comes before it: .*--confirm"):
        reconcile(home, billing.export(file))
    reconcile(home, file, is_confirmed=True)
    hand_over_batches(home)
    billing.accept_credits(home)
    assert billing.paid() == {"acme": Decimal(3)}


@pytest.mark.parametrize("kept", [0, 1])
def test_a_list_that_lacks_handed_over_credits_must_be_confirmed(
    home: Home, file: Path, tmp_path: Path, kept: int
) -> None:
    """Somebody exported only one page of the list, or none of it: credits of lost batches that it lacks would be paid twice."""
    billing = credited_billing(home, [("acme", "1"), ("globex", "2")])
    (home.ledger / "restored").touch()
    all_lines = billing.export(file).read_text().splitlines(keepends=True)
    file.write_text("".join(all_lines[: 1 + kept]))
    with pytest.raises(MakegoodError, match=rf"lacks {2 - kept} credits that were handed over.*complete the file"):
        reconcile(home, file)
    assert (home.ledger / "restored").exists()
    assert reconcile(home, file, is_confirmed=True).added_count == 0
    assert hand_over_batches(home) == []


KEY = f"makegood-{'0' * 32}"
REFUSED = {
    "": "must begin with a line that names the columns",
    "key,sum\na,1\n": "must begin with a line that names the columns",
    "key,amount\nabc,1\n": "line 2: 'abc' is not a key of a hand-over",
    f"idempotency_key,amount_usd\n{KEY}\n": "line 2: there are 1 fields under 2 columns",
    "idempotency_key,amount_usd\nabc,1\n": "line 2: 'abc' is not a key of a hand-over",
    f"idempotency_key,amount_usd\n{KEY},1_0\n": "line 2: '1_0' is not an amount",
    f"idempotency_key,amount_usd\n{KEY},-1\n": "line 2: '-1' is not an amount",
    f"idempotency_key,amount_usd\n{KEY},NaN\n": "line 2: 'NaN' is not an amount",
    f"idempotency_key,amount_usd\n{KEY},1.005\n": r"line 2: '1\.005' is not an amount",
    f"idempotency_key,amount_usd\n{KEY},1\n{KEY},2\n": "line 3: .* has another amount on line 2",
    f"idempotency_key,amount_usd\n{KEY},1\n": "line 2: the account of .* cannot be found",
    f'idempotency_key,amount_usd\n{KEY},"1\n': "cannot read .*: line 2: unexpected end of data",
}


@pytest.mark.parametrize("content", REFUSED)
def test_an_invalid_list_of_credits_is_refused_with_its_line_and_nothing_changes(
    home: Home, file: Path, content: str
) -> None:
    post(home, ("acme", "1"))
    (home.ledger / "restored").touch()
    file.write_text(content)
    with pytest.raises(MakegoodError, match=REFUSED[content]):
        reconcile(home, file)
    assert (home.ledger / "restored").exists()
    assert not (home.ledger / "handover").exists()


def test_an_amount_that_differs_from_the_hand_over_is_refused(home: Home, file: Path) -> None:
    billing = credited_billing(home, [("acme", "1")])
    file.write_text(billing.export(file).read_text().replace("1.00", "1.10"))
    with pytest.raises(MakegoodError, match=r"was handed over with 1\.00 USD, and billing has 1\.10 USD"):
        reconcile(home, file)


def test_the_credit_files_of_a_hand_over_can_be_used_to_reconcile(home: Home, file: Path) -> None:
    """If billing accepted everything, the credit files are a complete list of what it accepted."""
    post(home, ("a\r,\u2028", "1"))
    [handover] = hand_over_batches(home)
    shutil.copy(handover.directory / CREDITS, file)
    shutil.rmtree(home.ledger / "handover")
    assert reconcile(home, file).added_count == 1
    assert [repeated.amount_usd for repeated in hand_over_batches(home)] == [0]


def test_a_ledger_restored_from_before_the_last_settlement_settles_to_the_same_total(
    tmp_path: Path, file: Path
) -> None:
    """The ledger of last night is restored into a new home, in which the decisions are derived again from the lake."""
    first, both = [Decision("a")], [Decision("a"), Decision("b", at=40, payout_usd="1.1")]
    warehouse, billing = Warehouse(tmp_path / "first"), Billing()
    for number, decisions in enumerate((first, both)):
        warehouse.set_decisions(*decisions)
        warehouse.publish()
        warehouse.settle(3 + number)
        hand_over_batches(warehouse.home)
        billing.accept_credits(warehouse.home)
        if number == 0:
            shutil.copytree(warehouse.home.ledger, tmp_path / "last night")
    paid = billing.paid()

    restored = Warehouse(tmp_path / "second")
    shutil.rmtree(restored.home.ledger)
    shutil.copytree(tmp_path / "last night", restored.home.ledger)
    restored.set_decisions(*both)
    restored.publish()
    for is_dry_run in (True, False):
        with pytest.raises(MakegoodError, match=r"has not been used in this home before.*makegood reconcile FILE"):
            restored.settle(4, is_dry_run=is_dry_run)
    assert reconcile(restored.home, billing.export(file)).added_usd == Decimal("1.10")
    assert restored.settle(5).amount_usd == Decimal("1.1")
    hand_over_batches(restored.home)
    billing.accept_credits(restored.home)
    assert billing.paid() == paid == {"acme": Decimal("2.10")}
