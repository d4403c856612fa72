"""`makegood verify`: it reports every kind of damage to a ledger, its hand-overs and the decisions it was settled from."""

import re
import shutil
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from damaged_batches import Damage, add_at_end, swap_first_two
from damaging import flip
from settled_home import Decision, Warehouse

from makegood.errors import MakegoodError
from makegood.settlement.batches import NAME, digest_of
from makegood.settlement.entries import ENTRY_DIGEST
from makegood.settlement.handover import hand_over_batches
from makegood.settlement.verifying import FAULTS, Verification, verify
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, Path]:
    """A home with three batches (payouts, a correction, more payouts), and the path of a copy of that home."""
    folder = tmp_path_factory.mktemp("settled")
    warehouse = Warehouse(folder / "home")
    states = (
        [Decision("a"), Decision("b")],
        [Decision("a", payout_usd="0.5")],
        [Decision("a", payout_usd="0.5"), Decision("c")],
    )
    for number, rows in enumerate(states):
        warehouse.set_decisions(*rows)
        warehouse.publish()
        warehouse.settle(3 + number)
    warehouse.publish()
    shutil.copytree(warehouse.path, folder / "copy")
    return warehouse, folder / "copy"


@pytest.fixture
def warehouse(settled: tuple[Warehouse, Path]) -> Warehouse:
    """The home restored from its copy, which the test may damage. It is restored in place because a Warehouse stores its path."""
    warehouse, copy = settled
    shutil.rmtree(warehouse.path)
    shutil.copytree(copy, warehouse.path)
    warehouse.decisions = [Decision("a", payout_usd="0.5"), Decision("c")]
    return warehouse


def verified(warehouse: Warehouse) -> Verification:
    return verify(warehouse.home, timedelta(hours=6))


def test_an_undamaged_ledger_is_sound(warehouse: Warehouse) -> None:
    verdict = verified(warehouse)
    assert verdict.problems == ()
    assert (verdict.batch_count, verdict.entry_count, verdict.amount_usd, verdict.due_count) == (
        3,
        5,
        Decimal("1.5"),
        0,
    )


def test_unsettled_decisions_are_reported_as_due_and_not_as_problems(warehouse: Warehouse) -> None:
    warehouse.set_decisions(*warehouse.decisions, Decision("d", at=50))
    warehouse.publish()
    verdict = verified(warehouse)
    assert (verdict.problems, verdict.due_count, verdict.due_usd) == ((), 1, Decimal(1))


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda files: flip(files[1], 6), "batch 2 .* does not hold the bytes that were posted"),
        (lambda files: flip(files[1], files[1].stat().st_size // 2), "batch 2 .* does not hold the bytes"),
        (lambda files: flip(files[1], -1), "batch 2 .* does not hold the bytes"),
        (lambda files: files[0].unlink(), "batch 1 is missing"),
        (lambda files: files[1].unlink(), "batch 2 is missing"),
        (lambda files: files[2].unlink(), "the ledger in .* is behind what was published: batch 3"),
        (lambda files: [file.unlink() for file in files], "the ledger in .* is behind what was published: batch 3"),
        (add_at_end, "batch 4 .* does not follow batch 3"),
        (swap_first_two, "batch 1 .* does not follow batch 0"),
        (lambda files: files[0].with_name("notes.parquet").write_text("x"), "notes.parquet is not a batch"),
    ],
)  # fmt: skip
def test_damage_to_the_chain_of_batches_is_reported(warehouse: Warehouse, damage: Damage, problem: str) -> None:
    damage([batch.file for batch in warehouse.ledger.batches()])
    verdict = verified(warehouse)
    assert not verdict.is_sound
    assert re.search(problem, verdict.problems[0]), verdict.problems


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_ledger_with_a_flipped_byte_is_not_settled_even_after_the_warehouse_is_rebuilt(
    warehouse: Warehouse, number: int
) -> None:
    file = warehouse.ledger.batches()[number].file
    shutil.rmtree(warehouse.home.warehouse)
    rebuilt = Warehouse(warehouse.path)
    rebuilt.set_decisions(*warehouse.decisions)
    rebuilt.publish()
    flip(file, file.stat().st_size // 2)
    with pytest.raises(
        MakegoodError, match=f"the ledger is broken: batch {number + 1} \\({file.name}\\).*restore .*batches"
    ):
        rebuilt.settle(9)
    flip(file, file.stat().st_size // 2)
    assert rebuilt.settle(9).entry_count == 0


@pytest.mark.parametrize("name", ["credits.csv", "journal.csv", "standings.jsonl", "manifest.json"])
def test_a_changed_hand_over_file_is_reported(warehouse: Warehouse, name: str) -> None:
    directory = hand_over_batches(warehouse.home)[1].directory
    assert verified(warehouse).problems == ()
    flip(directory / name, 10)
    [problem] = verified(warehouse).problems
    assert problem.startswith(f"{directory / name} is damaged")


DAMAGES = {
    "its digest is not that of its columns": ("reason", "'other'"),
    "its id is not that of its key and ordinal": ("entry_id", "'e' || entry_id"),
    "it names another batch": ("batch_id", "batch_id + 1"),
    "it names another period": ("settled_date", "settled_date + 1"),
    "its amount is zero": ("amount_usd", "0"),
    "its account is unknown": ("account_id", "'unknown'"),
    "the total posted for its key is negative": ("amount_usd", "-9"),
    "its type does not follow from the sums before and after it": ("entry_type", "'adjustment'"),
    "it does not name the entry that it adjusts": ("adjusts_entry_id", "'another'"),
}


def test_every_fault_of_an_entry_has_a_damage_case() -> None:
    assert DAMAGES.keys() == FAULTS.keys()


@pytest.mark.parametrize("fault", DAMAGES)
def test_an_inconsistent_entry_is_reported_even_if_the_chain_of_batches_is_intact(
    warehouse: Warehouse, fault: str
) -> None:
    column, value = DAMAGES[fault]
    last = warehouse.ledger.last()
    assert last is not None
    posted = last.file.rename(last.file.with_name("posted"))
    forged = last.file.with_name("forged")
    digest = f"{'entry_digest' if fault.startswith('its digest') else ENTRY_DIGEST} as entry_digest"
    with connect(extensions=()) as con:
        metadata = {
            "sequence": last.sequence, "previous": last.previous, "settled_date": last.settled_date, "posted_at": last.posted_at.isoformat(),
            "entry_count": last.entry_count, "amount_usd": last.amount_usd, "warehouse_id": last.warehouse_id,
            "snapshot_id": last.snapshot_id, "covered_from": last.covered_from.isoformat(),
            "covered_until": last.covered_until.isoformat(), "closed_until": last.closed_until, "request_dates": ",".join(map(str, last.request_dates)),
        }  # fmt: skip
        pairs = ", ".join(f"{name}: '{text}'" for name, text in metadata.items())
        con.execute(
            f"copy (select * replace ({digest}) from (select * replace ({value} as {column})"
            f" from read_parquet('{posted}'))) to '{forged}' (format parquet, kv_metadata {{{pairs}}})"
        )
    forged.rename(forged.with_name(NAME.format(sequence=3, settled_date=last.settled_date, digest=digest_of(forged))))
    problems = " ".join(verified(warehouse).problems)
    assert f"of batch 3 is inconsistent: {fault}" in problems


def test_a_decision_that_the_next_settlement_would_miss_is_reported(warehouse: Warehouse) -> None:
    with connect() as con:
        attach(con, warehouse.home.warehouse, read_only=False)
        con.execute("update fct_compensations set payout_usd = 0.75 where request_id = 'a'")
    warehouse.publish()
    [problem] = verified(warehouse).problems
    assert "1 keys differ from what is allowed, and the next settlement would miss them" in problem
    assert Decision("a").compensation_id in problem


def test_a_payout_above_the_cost_of_its_request_is_reported(warehouse: Warehouse) -> None:
    warehouse.set_decisions(Decision("a", payout_usd="2", cost_usd="1"))
    warehouse.publish()
    assert any("more than its requests cost" in problem for problem in verified(warehouse).problems)
