"""Whoever reads the ledger reads proved bytes: whatever is wrong with a batch is seen by all of them, and named with what to do."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
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

Damage = Callable[[list[Path]], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A ledger of three batches, two of which were handed over."""
    home = Home(tmp_path_factory.mktemp("proving") / "home").prepare()
    for amount in ("1", "2"):
        post(home, ("acme", amount), ("globex", "0.5"))
    hand_over_batches(home)
    post(home, ("acme", "3"))
    return home


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    """It, to spoil."""
    shutil.copytree(made.root, tmp_path / "home")
    return Home(tmp_path / "home")


def batch_files(home: Home) -> list[Path]:
    return sorted((home.ledger / "batches").glob("*.parquet"))


def flip(file: Path, position: int, bit: int = 0) -> None:
    content = bytearray(file.read_bytes())
    content[position] ^= 1 << bit
    file.write_bytes(content)


def add(files: list[Path]) -> None:
    shutil.copy(files[0], files[0].with_name(files[0].name.replace("00000001", "00000004")))


def add_between(files: list[Path]) -> None:
    shutil.copy(files[0], files[0].with_name(files[0].name.replace("00000001", "00000002")))


def exchange(files: list[Path]) -> None:
    first, second = files[0].name, files[1].name
    files[0].rename(files[0].with_name(second[:8] + first[8:]))
    files[1].rename(files[1].with_name(first[:8] + second[8:]))


def replace_by_folder(files: list[Path]) -> None:
    files[1].unlink()
    files[1].mkdir()


def forge(files: list[Path]) -> None:
    """A file that is no batch, under the name that its own digest makes."""
    files[2].write_bytes(b"PAR1 nothing PAR1")
    files[2].rename(files[2].with_name(f"{files[2].name[:20]}{digest_of(files[2])}.parquet"))


BROKEN: dict[str, tuple[Damage, str]] = {
    "a flipped byte in an older batch": (lambda files: flip(files[0], 200), r"batch 1 \(.*\) does not hold the bytes"),
    "a flipped byte at the end": (lambda files: flip(files[2], -1), r"batch 3 \(.*\) does not hold the bytes"),
    "a batch cut short": (lambda files: os.truncate(files[1], 100), r"batch 2 \(.*\) does not hold the bytes"),
    "an empty batch": (lambda files: os.truncate(files[1], 0), r"batch 2 \(.*\) does not hold the bytes"),
    "a folder in its place": (replace_by_folder, r"batch 2 \(.*\) cannot be read"),
    "the first one lost": (lambda files: files[0].unlink(), "batch 1 is missing"),
    "one lost in between": (lambda files: files[1].unlink(), "batch 2 is missing"),
    "one added at the end": (add, r"batch 4 \(.*\) does not follow batch 3"),
    "one added in between": (add_between, r"batch 2 \(.*\) does not follow batch 1|batch 3 is missing"),
    "two exchanged": (exchange, r"batch 1 \(.*\) does not follow batch 0"),
    "a name that is no batch's": (
        lambda files: files[0].with_name("notes.parquet").write_text("x"),
        r"notes\.parquet is not a batch",
    ),
    "a file that is no batch under its own digest": (forge, r"is not a batch: its metadata is not that of a batch"),
}
BEHIND: dict[str, tuple[Damage, str]] = {
    "the last one lost": (lambda files: files[2].unlink(), "is behind what was posted: batch 3"),
    "all but the first lost": (lambda files: [file.unlink() for file in files[1:]], "is behind what was handed over: batch 2"),
    "all lost": (lambda files: [file.unlink() for file in files], "is behind what was handed over: batch 1"),
}  # fmt: skip
READERS: dict[str, Callable[[Home], object]] = {
    "handover": hand_over_batches,
    "handover again": lambda home: hand_over_batches(home, 1),
    "models": lambda home: write_run_inputs(home, Head(), home.root / "run.duckdb"),
    "statement": lambda home: statement(home, "acme", "2026-11"),
    "head": lambda home: Ledger(home.ledger).head(),
    "entries": lambda home: Ledger(home.ledger).relation(),
}


@pytest.mark.parametrize("case", BROKEN)
def test_nobody_goes_on_over_a_broken_batch(home: Home, case: str) -> None:
    damage, fault = BROKEN[case]
    Ledger(home.ledger).batches()
    damage(batch_files(home))
    for ask in READERS.values():
        with pytest.raises(MakegoodError, match=f"^the ledger is broken: .*({fault}).*restore .*batches from a copy"):
            ask(home)
    problem = ledger_status(home).problem
    assert problem is not None
    assert re.search(fault, problem)


@pytest.mark.parametrize("case", BEHIND)
def test_a_ledger_behind_what_this_home_saw_of_it_moves_no_money(home: Home, case: str) -> None:
    damage, fault = BEHIND[case]
    damage(batch_files(home))
    with pytest.raises(MakegoodError, match=f"{fault}.*reconcile"):
        hand_over_batches(home)
    assert fault in str(ledger_status(home).problem)


def test_what_was_proved_is_not_read_again_and_what_was_touched_is(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in batch_files(home):
        os.utime(file, (1, 1))
    monkeypatch.setattr(proving, "RACY_NS", 0)
    ledger = Ledger(home.ledger)
    read: list[Path] = []

    def reads(file: Path) -> str:
        read.append(file)
        return digest_of(file)

    monkeypatch.setattr(proving, "digest_of", reads)
    ledger.batches()
    assert read == batch_files(home)
    read.clear()
    ledger.batches()
    assert read == []
    times = batch_files(home)[1].stat()
    flip(batch_files(home)[1], 300)
    os.utime(batch_files(home)[1], ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(MakegoodError, match="batch 2"):
        ledger.batches()


def test_a_file_that_was_written_just_now_is_read_again(home: Home) -> None:
    ledger = Ledger(home.ledger)
    for _ in range(20):
        ledger.batches()
        flip(batch_files(home)[2], 300)
        with pytest.raises(MakegoodError, match="batch 3"):
            ledger.batches()
        flip(batch_files(home)[2], 300)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(0, 2), place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_any_flipped_bit_of_any_batch_is_seen(home: Home, number: int, place: int, bit: int) -> None:
    file = batch_files(home)[number]
    position = place % file.stat().st_size
    flip(file, position, bit)
    with pytest.raises(MakegoodError, match=f"the ledger is broken: batch {number + 1}"):
        Ledger(home.ledger).batches()
    flip(file, position, bit)
    assert len(Ledger(home.ledger).batches()) == 3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_any_flipped_bit_of_what_this_home_saw_is_seen(home: Home, place: int, bit: int) -> None:
    position = place % home.ledger_seen.stat().st_size
    flip(home.ledger_seen, position, bit)
    with pytest.raises(MakegoodError, match=r"ledger-seen\.json is damaged.*reconcile"):
        hand_over_batches(home)
    flip(home.ledger_seen, position, bit)
    assert last_seen(home) is not None
