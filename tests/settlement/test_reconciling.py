"""A ledger that was restored moves no money until billing was asked; and then nothing is paid twice, and nothing is lost."""

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


def restore(copy: Path, home: Home, *lost: str) -> Home:
    """The ledger's folder as it is in the copy, in a home that has nothing else."""
    shutil.rmtree(home.root)
    home.prepare()
    shutil.rmtree(home.ledger)
    shutil.copytree(copy, home.ledger)
    for name in lost:
        shutil.rmtree(home.ledger / name, ignore_errors=True)
    return home


def test_a_new_home_needs_no_ceremony(home: Home) -> None:
    assert hand_over_batches(home) == []
    post(home, ("acme", "1"))
    assert [one.amount_usd for one in hand_over_batches(home)] == [1]


@pytest.mark.parametrize("lost", [[], ["handover"]])
@pytest.mark.parametrize("with_accounts", [False, True])
def test_a_restored_ledger_that_is_settled_again_pays_what_the_undisturbed_one_paid(
    home: Home, file: Path, tmp_path: Path, lost: list[str], with_accounts: bool
) -> None:
    """Three days were posted and handed over; the copy is of after the first. Then the days are posted again, together, and a fourth."""
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
        billing.takes(home)
        if number == 0:
            shutil.copytree(home.ledger, tmp_path / "copy")
    paid = billing.paid()
    shutil.copytree(home.root, tmp_path / "undisturbed")
    restore(tmp_path / "copy", home, *lost)
    with pytest.raises(MakegoodError, match=r"has not been used in this home before.*makegood reconcile FILE"):
        hand_over_batches(home)
    file = billing.writes(file, with_accounts=with_accounts)
    if not with_accounts:
        with pytest.raises(MakegoodError, match=r"the account of makegood-.* cannot be found"):
            reconcile(home, file)
        post_unseen(home, ("initech\r\n", "0.004"))
    done = reconcile(home, file)
    assert done.accepted_count == len(billing.accepted)
    hand_over_batches(home)
    billing.takes(home)
    assert billing.paid() == paid
    post(home, ("acme", "2"), ("globex", "0.008"), ("initech\r\n", "7" if with_accounts else "6.996"))
    hand_over_batches(home)
    billing.takes(home)
    assert billing.paid() == paid

    post(home, *days[3])
    hand_over_batches(home)
    billing.takes(home)
    undisturbed, other = Home(tmp_path / "undisturbed"), Billing()
    post(undisturbed, *days[3])
    hand_over_batches(undisturbed)
    other.takes(undisturbed)
    assert billing.paid() == other.paid()


def post_unseen(home: Home, *postings: tuple[str, str]) -> None:
    """As a run that lands hours first would make an account known; the home still has not seen its ledger."""
    note_seen(home, Ledger(home.ledger).head(), 0)
    post(home, *postings)
    home.ledger_seen.unlink()


def test_the_same_money_posted_again_has_the_same_key_even_without_asking(home: Home, tmp_path: Path) -> None:
    """Where a copy of the whole home is gone on from, nothing can be seen; billing refuses the key that it has."""
    billing = Billing()
    post(home, ("acme", "1"))
    hand_over_batches(home)
    shutil.copytree(home.root, tmp_path / "copy")
    for root in (home.root, tmp_path / "copy"):
        post(Home(root), ("globex", "3"), ("acme", "1.1"))
        hand_over_batches(Home(root))
        billing.takes(Home(root))
    assert billing.paid() == {"acme": Decimal("2.1"), "globex": Decimal(3)}
    assert len(billing.accepted) == 3


Trouble = Callable[[Home], object]
TROUBLES: dict[str, tuple[Trouble, str]] = {
    "a mark that it was restored": (lambda home: (home.ledger / "restored").touch(), "was restored"),
    "no record of hand-overs": (lambda home: shutil.rmtree(home.ledger / "handover"), "no record of what was handed over"),
    "nothing seen of the ledger": (lambda home: home.ledger_seen.unlink(), "has not been used in this home before"),
    "a last batch that is gone": (lambda home: Ledger(home.ledger).batches()[2].file.unlink(), "is behind what was posted: batch 3"),
}  # fmt: skip


@pytest.mark.parametrize("trouble", TROUBLES)
def test_money_stands_still_until_billing_was_asked(home: Home, file: Path, trouble: str) -> None:
    billing = Billing()
    for amount in ("1", "2"):
        post(home, ("acme", amount))
    hand_over_batches(home)
    billing.takes(home)
    post(home, ("acme", "4"))
    damage, sentence = TROUBLES[trouble]
    damage(home)
    for again in (None, 1):
        with pytest.raises(MakegoodError, match=f"{sentence}.*makegood reconcile FILE"):
            hand_over_batches(home, again)
    reconcile(home, billing.writes(file))
    refuse_what_may_be_older(home, Ledger(home.ledger))
    hand_over_batches(home)
    billing.takes(home)
    assert billing.paid() == {"acme": Decimal(3 if trouble.startswith("a last batch") else 7)}
    assert hand_over_batches(home) == []


def test_asking_again_changes_nothing(home: Home, file: Path) -> None:
    billing = Billing()
    post(home, ("acme", "1"))
    hand_over_batches(home)
    billing.takes(home)
    shutil.rmtree(home.ledger / "handover")
    first = reconcile(home, billing.writes(file))
    assert (first.added_count, first.added_usd, first.known_count) == (1, 1, 0)
    assert reconcile(home, file) == Reconciliation(1, 1, 0, Decimal(0), None)
    assert [one.amount_usd for one in hand_over_batches(home)] == [0]


def test_what_billing_accepted_while_the_ledger_was_away_is_set_against_what_comes(home: Home, file: Path) -> None:
    """More was credited than is posted now: the rest is carried forward."""
    post(home, ("acme", "1"))
    note_seen(home, Ledger(home.ledger).head(), 0)
    (home.ledger / "restored").touch()
    file.write_text(f"idempotency_key,amount_usd,account_id\nmakegood-{'a' * 32},2.50,acme\n")
    assert reconcile(home, file).added_usd == Decimal("2.50")
    post(home, ("acme", "1"))
    post(home, ("acme", "1"))
    assert [one.amount_usd for one in hand_over_batches(home)] == [0, 0, Decimal("0.50")]


def test_a_gap_in_what_billing_has_is_asked_about(home: Home, file: Path) -> None:
    billing = Billing()
    for amount in ("1", "2"):
        post(home, ("acme", amount))
    hand_over_batches(home)
    billing.takes(home)
    [first] = [key for key, (_, amount) in billing.accepted.items() if amount == 1]
    del billing.accepted[first]
    shutil.rmtree(home.ledger / "handover")
    with pytest.raises(MakegoodError, match=f"but not {first} of 1.00 USD, which comes before it: .*--confirm"):
        reconcile(home, billing.writes(file))
    reconcile(home, file, is_confirmed=True)
    hand_over_batches(home)
    billing.takes(home)
    assert billing.paid() == {"acme": Decimal(3)}


@pytest.mark.parametrize("kept", [0, 1])
def test_a_list_that_lacks_what_was_handed_over_is_asked_about(
    home: Home, file: Path, tmp_path: Path, kept: int
) -> None:
    """Somebody exported a page of the list, or nothing: what it does not name of the lost batches would be paid twice."""
    billing = Billing()
    post(home, ("acme", "1"), ("globex", "2"))
    hand_over_batches(home)
    billing.takes(home)
    (home.ledger / "restored").touch()
    whole = billing.writes(file).read_text().splitlines(keepends=True)
    file.write_text("".join(whole[: 1 + kept]))
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
def test_a_file_that_is_not_as_it_must_be_is_refused_with_its_line_and_nothing_changes(
    home: Home, file: Path, content: str
) -> None:
    post(home, ("acme", "1"))
    (home.ledger / "restored").touch()
    file.write_text(content)
    with pytest.raises(MakegoodError, match=REFUSED[content]):
        reconcile(home, file)
    assert (home.ledger / "restored").exists()
    assert not (home.ledger / "handover").exists()


def test_another_amount_than_was_handed_over_is_refused(home: Home, file: Path) -> None:
    billing = Billing()
    post(home, ("acme", "1"))
    hand_over_batches(home)
    billing.takes(home)
    file.write_text(billing.writes(file).read_text().replace("1.00", "1.10"))
    with pytest.raises(MakegoodError, match=r"was handed over with 1\.00 USD, and billing has 1\.10 USD"):
        reconcile(home, file)


def test_our_own_credit_files_say_what_was_accepted(home: Home, file: Path) -> None:
    """Where billing took everything, the files that it was given tell so too."""
    post(home, ("a\r,\u2028", "1"))
    [made] = hand_over_batches(home)
    shutil.copy(made.directory / CREDITS, file)
    shutil.rmtree(home.ledger / "handover")
    assert reconcile(home, file).added_count == 1
    assert [one.amount_usd for one in hand_over_batches(home)] == [0]


def test_a_ledger_restored_from_before_the_last_settlement_settles_to_the_undisturbed_total(
    tmp_path: Path, file: Path
) -> None:
    """A new home of last night's ledger, whose decisions are derived again from the lake."""
    first, both = [Decision("a")], [Decision("a"), Decision("b", at=40, payout_usd="1.1")]
    warehouse, billing = Warehouse(tmp_path / "first"), Billing()
    for number, decisions in enumerate((first, both)):
        warehouse.decides(*decisions)
        warehouse.publishes()
        warehouse.settles(3 + number)
        hand_over_batches(warehouse.home)
        billing.takes(warehouse.home)
        if number == 0:
            shutil.copytree(warehouse.home.ledger, tmp_path / "last night")
    paid = billing.paid()

    restored = Warehouse(tmp_path / "second")
    shutil.rmtree(restored.home.ledger)
    shutil.copytree(tmp_path / "last night", restored.home.ledger)
    restored.decides(*both)
    restored.publishes()
    for is_dry_run in (True, False):
        with pytest.raises(MakegoodError, match=r"has not been used in this home before.*makegood reconcile FILE"):
            restored.settles(4, is_dry_run=is_dry_run)
    assert reconcile(restored.home, billing.writes(file)).added_usd == Decimal("1.10")
    assert restored.settles(5).amount_usd == Decimal("1.1")
    hand_over_batches(restored.home)
    billing.takes(restored.home)
    assert billing.paid() == paid == {"acme": Decimal("2.10")}
