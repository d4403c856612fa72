"""Proving the ledger: everything that reads it detects damaged batches first, and the error says what to do."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from damaged_batches import Damage, add_at_end, swap_first_two
from damaging import flip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from posted_ledger import post

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.settlement import proving
from makegood.settlement.batches import Head, digest_of
from makegood.settlement.handover import hand_over_batches
from makegood.settlement.ledger import Ledger
from makegood.settlement.loading import write_run_inputs
from makegood.settlement.statements import statement
from makegood.settlement.trusting import last_seen
from makegood.status import ledger_status


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A ledger of three batches, two of which were handed over."""
    home = Home(tmp_path_factory.mktemp("proving") / "home").prepare()
    for amount in ("1", "2"):
        post(home, ("acme", amount), ("globex", "0.5"))
    hand_over_batches(home)
    post(home, ("acme", "3"))
    return home


@pytest.fixture
def home(pristine: Home, tmp_path: Path) -> Home:
    """A copy of that home, which the test may damage."""
    shutil.copytree(pristine.root, tmp_path / "home")
    return Home(tmp_path / "home")


def batch_files(home: Home) -> list[Path]:
    return sorted((home.ledger / "batches").glob("*.parquet"))


def add_in_the_middle(files: list[Path]) -> None:
    shutil.copy(files[0], files[0].with_name(files[0].name.replace("00000001", "00000002")))


def replace_by_directory(files: list[Path]) -> None:
    files[1].unlink()
    files[1].mkdir()


def forge(files: list[Path]) -> None:
    """Replace the last batch with a file that is not a batch, but whose name contains its correct digest."""
    files[2].write_bytes(b"PAR1 nothing PAR1")
    files[2].rename(files[2].with_name(f"{files[2].name[:20]}{digest_of(files[2])}.parquet"))


DAMAGED: dict[str, tuple[Damage, str]] = {
    "a flipped byte in an older batch": (lambda files: flip(files[0], 200), r"batch 1 \(.*\) does not hold the bytes"),
    "a flipped byte at the end": (lambda files: flip(files[2], -1), r"batch 3 \(.*\) does not hold the bytes"),
    "a truncated batch": (lambda files: os.truncate(files[1], 100), r"batch 2 \(.*\) does not hold the bytes"),
    "an empty batch": (lambda files: os.truncate(files[1], 0), r"batch 2 \(.*\) does not hold the bytes"),
    "a directory in place of a batch": (replace_by_directory, r"batch 2 \(.*\) cannot be read"),
    "the first batch is missing": (lambda files: files[0].unlink(), "batch 1 is missing"),
    "a batch in the middle is missing": (lambda files: files[1].unlink(), "batch 2 is missing"),
    "a batch added at the end": (add_at_end, r"batch 4 \(.*\) does not follow batch 3"),
    "a batch added in the middle": (add_in_the_middle, r"batch 2 \(.*\) does not follow batch 1|batch 3 is missing"),
    "two batches swapped": (swap_first_two, r"batch 1 \(.*\) does not follow batch 0"),
    "a file whose name is not that of a batch": (
        lambda files: files[0].with_name("notes.parquet").write_text("x"),
        r"notes\.parquet is not a batch",
    ),
    "a file that is not a batch but has its digest in its name": (
        forge,
        r"is not a batch: its metadata is not that of a batch",
    ),
}
TRUNCATED: dict[str, tuple[Damage, str]] = {
    "the last batch is missing": (lambda files: files[2].unlink(), "is behind what was posted: batch 3"),
    "all batches but the first are missing": (lambda files: [file.unlink() for file in files[1:]], "is behind what was handed over: batch 2"),
    "all batches are missing": (lambda files: [file.unlink() for file in files], "is behind what was handed over: batch 1"),
}  # fmt: skip
READERS: dict[str, Callable[[Home], object]] = {
    "handover": hand_over_batches,
    "handover again": lambda home: hand_over_batches(home, 1),
    "models": lambda home: write_run_inputs(home, Head(), home.root / "run.duckdb"),
    "statement": lambda home: statement(home, "acme", "2026-11"),
    "head": lambda home: Ledger(home.ledger).head(),
    "entries": lambda home: Ledger(home.ledger).relation(),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_every_reader_of_the_ledger_refuses_a_broken_batch(home: Home, case: str) -> None:
    damage, message = DAMAGED[case]
    Ledger(home.ledger).batches()
    damage(batch_files(home))
    for use_ledger in READERS.values():
        with pytest.raises(MakegoodError, match=f"^the ledger is broken: .*({message}).*restore .*batches from a copy"):
            use_ledger(home)
    problem = ledger_status(home).problem
    assert problem is not None
    assert re.search(message, problem)


@pytest.mark.parametrize("case", TRUNCATED)
def test_a_ledger_older_than_the_one_this_home_last_saw_is_not_handed_over(home: Home, case: str) -> None:
    damage, message = TRUNCATED[case]
    damage(batch_files(home))
    with pytest.raises(MakegoodError, match=f"{message}.*reconcile"):
        hand_over_batches(home)
    assert message in str(ledger_status(home).problem)


def test_a_batch_is_read_again_only_if_its_file_was_touched(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in batch_files(home):
        os.utime(file, (1, 1))
    monkeypatch.setattr(proving, "RACY_NS", 0)
    ledger = Ledger(home.ledger)
    digested: list[Path] = []

    def record_digest(file: Path) -> str:
        digested.append(file)
        return digest_of(file)

    monkeypatch.setattr(proving, "digest_of", record_digest)
    ledger.batches()
    assert digested == batch_files(home)
    digested.clear()
    ledger.batches()
    assert digested == []
    times = batch_files(home)[1].stat()
    flip(batch_files(home)[1], 300)
    os.utime(batch_files(home)[1], ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(MakegoodError, match="batch 2"):
        ledger.batches()


def test_a_recently_written_batch_is_always_read_again(home: Home) -> None:
    ledger = Ledger(home.ledger)
    for _ in range(20):
        ledger.batches()
        flip(batch_files(home)[2], 300)
        with pytest.raises(MakegoodError, match="batch 3"):
            ledger.batches()
        flip(batch_files(home)[2], 300)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(0, 2), place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_in_a_batch_is_detected(home: Home, number: int, place: int, bit: int) -> None:
    file = batch_files(home)[number]
    position = place % file.stat().st_size
    flip(file, position, mask=1 << bit)
    with pytest.raises(MakegoodError, match=f"the ledger is broken: batch {number + 1}"):
        Ledger(home.ledger).batches()
    flip(file, position, mask=1 << bit)
    assert len(Ledger(home.ledger).batches()) == 3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_in_ledger_seen_json_is_detected(home: Home, place: int, bit: int) -> None:
    position = place % home.ledger_seen.stat().st_size
    flip(home.ledger_seen, position, mask=1 << bit)
    with pytest.raises(MakegoodError, match=r"ledger-seen\.json is damaged.*reconcile"):
        hand_over_batches(home)
    flip(home.ledger_seen, position, mask=1 << bit)
    assert last_seen(home) is not None
