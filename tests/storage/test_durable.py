"""Durable files are written completely or not at all, and every change of a sealed file is detected."""

from pathlib import Path

import pytest

from makegood.errors import MakegoodError
from makegood.storage.durable import name_durably, read_sealed, sealed, write_durably

FACTS = {"batch": 2, "account": "a\u2028ü", "sums": {"usd": "1.10"}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_durably(tmp_path / "manifest.json", sealed(FACTS))
    return tmp_path / "manifest.json"


def test_a_sealed_file_holds_what_was_written_and_no_temporary_file_is_left(file: Path) -> None:
    assert read_sealed(file, "") == FACTS
    assert list(file.parent.iterdir()) == [file]


def test_any_flipped_bit_of_a_sealed_file_is_detected(file: Path) -> None:
    content = file.read_bytes()
    for position in range(len(content)):
        for bit in (0, 5):
            damaged = bytearray(content)
            damaged[position] ^= 1 << bit
            file.write_bytes(damaged)
            with pytest.raises(MakegoodError, match=r"manifest\.json is damaged.*: restore it"):
                read_sealed(file, "restore it")


@pytest.mark.parametrize(
    "damaged", [b"", b"{", b"[]", b"null", b"1", b'"a"', b"{}", b"\xff", b"[" * 100_000, b"\0" * 200]
)
def test_an_invalid_sealed_file_is_reported_as_damaged(file: Path, damaged: bytes) -> None:
    file.write_bytes(damaged)
    with pytest.raises(MakegoodError, match="is damaged"):
        read_sealed(file, "restore it")


def test_a_file_truncated_anywhere_is_detected(file: Path) -> None:
    content = file.read_bytes()
    for length in range(len(content)):
        file.write_bytes(content[:length])
        with pytest.raises(MakegoodError, match="is damaged"):
            read_sealed(file, "restore it")


def test_an_unreadable_file_is_reported_by_name(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(MakegoodError, match=r"folder cannot be read .*: restore it"):
        read_sealed(tmp_path / "folder", "restore it")


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("first")
    (tmp_path / "fresh").write_text("second")
    with pytest.raises(FileExistsError):
        name_durably(tmp_path / "fresh", tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "first"
