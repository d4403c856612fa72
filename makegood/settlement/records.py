"""The records of hand-overs, in the ledger's folder: one directory per batch handed over, and one per reconciliation with billing.

The manifest of each directory is written last and is sealed. It holds the ledger's end and the digest of every other file. handover.py
computes the credits.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError
from makegood.settlement.batches import Head
from makegood.settlement.standings import FILE, Standings, as_text, read_standings
from makegood.storage.durable import read_sealed, sealed, sync, write_durably

MANIFEST = "manifest.json"
FOLDER = re.compile(r"(\d{8})(-reconciled-(\d{4}))?", re.ASCII)


@dataclass(frozen=True)
class Record:
    """One directory: the ledger's end that it refers to and the digests of its files. `reconciliation` is its number, 0 for a hand-over."""

    directory: Path
    head: Head
    reconciliation: int
    sha256: dict[str, str]

    @property
    def remedy(self) -> str:
        """What to do if one of its files is damaged."""
        again = f"run `makegood handover --batch {self.head.sequence}`, which writes the same files again"
        return f"restore it from a copy, or move {self.directory} away and {'reconcile again' if self.reconciliation else again}"

    def read(self, name: str) -> bytes:
        """Read a file.

        Raises:
            MakegoodError: the file cannot be read, or is not as it was written.
        """
        file = self.directory / name
        try:
            content = file.read_bytes()
        except OSError as error:
            raise MakegoodError(f"{file} cannot be read ({error.strerror}): {self.remedy}") from error
        if hashlib.sha256(content).hexdigest() != self.sha256.get(name):
            raise MakegoodError(f"{file} is damaged, its content has changed since it was handed over: {self.remedy}")
        return content

    def standings(self) -> Standings:
        """The standings of all accounts after this record.

        Raises:
            MakegoodError: they cannot be read.
        """
        content = self.read(FILE)
        try:
            return read_standings(content)
        except ValueError as error:
            raise MakegoodError(
                f"{self.directory / FILE} does not contain standings ({error}): {self.remedy}"
            ) from error


class Records:
    """All records; their manifests are read and checked when this is created."""

    def __init__(self, directory: Path) -> None:
        """`directory` is the ledger's folder of hand-overs; if it is missing, nothing was handed over.

        Raises:
            MakegoodError: a manifest is damaged; names it and what to do.
        """
        self.directory = directory
        self._handed_over: dict[int, Record] = {}
        self._reconciled: list[Record] = []
        for folder in sorted(directory.glob("*")):
            if FOLDER.fullmatch(folder.name) and (folder / MANIFEST).exists():
                self.add(_read(folder))

    def add(self, record: Record) -> None:
        """Add a record that was just written."""
        if record.reconciliation:
            self._reconciled.append(record)
        else:
            self._handed_over[record.head.sequence] = record

    @property
    def last(self) -> int:
        """The number of the last batch that was handed over; 0 if none was."""
        return max(self._handed_over, default=0)

    def __iter__(self) -> Iterator[Record]:
        """All records: first the hand-overs sorted by batch, then the reconciliations."""
        return iter([*self._handed_over.values(), *self._reconciled])

    def missing(self, through: int) -> list[int]:
        """The batches up to this number without a record of their hand-over."""
        return [number for number in range(1, through + 1) if number not in self._handed_over]

    def standings(self, sequence: int) -> Standings:
        """The standings after the hand-over of this batch, including what reconciliations with billing added since.

        Raises:
            MakegoodError: the batch was not handed over, or its files are damaged.
        """
        reconciled = [one for one in self._reconciled if one.head.sequence == sequence]
        record = reconciled[-1] if reconciled else self._handed_over.get(sequence)
        if record is None and sequence:
            raise MakegoodError(
                f"batch {sequence} was not handed over, and later hand-overs continue from it: run `makegood handover` without --batch"
            )
        return record.standings() if record else {}

    def refuse_what_is_damaged(self, again: int | None = None) -> None:
        """Check that all files exist and that those of the last hand-over are intact. `makegood verify` reads all of them.

        Args:
            again: a batch whose files are about to be written again; they are not checked.

        Raises:
            MakegoodError: a file is missing or changed; names it and what to do.
        """
        for record in self:
            for name in record.sha256 if record.reconciliation or record.head.sequence != again else ():
                if record.head.sequence == self.last or not (record.directory / name).is_file():
                    record.read(name)

    def next_reconciliation(self) -> Path:
        """The directory of the next reconciliation after the last hand-over."""
        number = 1 + max((one.reconciliation for one in self._reconciled if one.head.sequence == self.last), default=0)
        return self.directory / f"{self.last:08d}-reconciled-{number:04d}"


def folder_of(directory: Path, batch_id: int) -> Path:
    """The directory for the files of a batch."""
    return directory / f"{batch_id:08d}"


def write_record(
    directory: Path, head: Head, contents: Mapping[str, str], standings: Standings, facts: Mapping[str, Any]
) -> Record:
    """Write a record, its manifest last. If the record exists already, it must be the same.

    A directory without a manifest is unfinished and is overwritten.

    Raises:
        MakegoodError: it was written before with different content.
    """
    files = {name: text.encode() for name, text in {**contents, FILE: as_text(standings)}.items()}
    manifest = {
        "ledger_sequence": head.sequence,
        "ledger_digest": head.digest,
        **facts,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    files[MANIFEST] = sealed(manifest)
    is_finished = (directory / MANIFEST).exists()
    if not directory.exists():
        directory.mkdir(parents=True)
        sync(directory.parent)
        sync(directory.parent.parent)
    for name, content in files.items():
        _write_once(directory / name, content, is_finished)
    return _read(directory)


def _write_once(file: Path, content: bytes, is_finished: bool) -> None:
    if file.exists() and file.read_bytes() == content:
        return
    if file.exists() and is_finished:
        raise MakegoodError(f"{file} was handed over with different content: move it away, and find out who changed it")
    write_durably(file, content)


def _read(folder: Path) -> Record:
    named = FOLDER.fullmatch(folder.name)
    assert named is not None
    sequence, reconciliation = int(named[1]), int(named[3] or 0)
    file = folder / MANIFEST
    record = Record(folder, Head(sequence), reconciliation, {})
    facts = read_sealed(file, record.remedy)
    try:
        head = Head(int(facts["ledger_sequence"]), str(facts["ledger_digest"]))
        found = Record(folder, head, reconciliation, dict(facts["sha256"]))
    except (KeyError, TypeError, ValueError) as error:
        raise MakegoodError(f"{file} is not the manifest of a hand-over: {record.remedy}") from error
    if head.sequence != sequence:
        raise MakegoodError(f"{file} belongs to batch {head.sequence} and is in the wrong folder: {record.remedy}")
    return found
