"""Checks the ledger's chain on every read: each batch must contain the bytes that its name promises, and follow the previous batch.

Results are kept in the memory of this process, by size, times and inode of the file, so that only new or modified files are read again.
Nothing is stored on disk, where it could vouch for bytes that were changed later. Checking 3,650 batches of a thousand entries takes about
two seconds the first time, and a few hundredths of a second after that.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from makegood.settlement.batches import Batch, digest_of, named, read_batches

RACY_NS = 2_000_000_000
"""A file modified this shortly before it was read could be modified again without a change of its times, so it is read again next time."""

Signature = tuple[int, int, int, int, int]

_proved: dict[Path, tuple[Signature, Batch]] = {}


@dataclass(frozen=True)
class Proof:
    """The intact batches up to the first that is not, with the fault and the file of that one."""

    batches: tuple[Batch, ...]
    fault: str | None = None
    unfit: Path | None = None


def prove(batches_dir: Path) -> Proof:
    """Check the chain in this directory, from the first batch to the last."""
    files = sorted(batches_dir.glob("*.parquet"))
    said = _said(files)
    proved: list[Batch] = []
    for number, file in enumerate(files, 1):
        if file in said:
            fault = _link_fault(said[file], number, proved[-1] if proved else None)
        else:
            fault = bytes_fault(file) or f"{file.name} is not a batch: its metadata is not that of a batch"
        if fault:
            return Proof(tuple(proved), fault, file)
        proved.append(said[file])
    return Proof(tuple(proved))


def bytes_fault(file: Path) -> str | None:
    """Why the file is not the one that was posted under its name; None if it is."""
    sequence, digest = named(file)
    if sequence < 1:
        return f"{file.name} is not a batch of the ledger"
    try:
        found = digest_of(file)
    except OSError as error:
        return f"batch {sequence} ({file.name}) cannot be read: {error.strerror}"
    return None if found == digest else f"batch {sequence} ({file.name}) does not hold the bytes that were posted"


def _said(files: list[Path]) -> dict[Path, Batch]:
    """The batches in these files, up to the first whose content is not what was posted."""
    fresh: dict[Path, Signature | None] = {}
    for file in files:
        signature = _signature(file)
        if file in _proved and _proved[file][0] == signature:
            continue
        _proved.pop(file, None)
        if bytes_fault(file):
            break
        fresh[file] = signature
    try:
        batches = read_batches(fresh)
    except ValueError:
        batches = _read_singly(fresh)
    now = time.time_ns()
    for file, batch in batches.items():
        signature = fresh[file]
        if signature is not None and now - max(signature[1:3]) > RACY_NS:
            _proved[file] = signature, batch
    return {file: _proved[file][1] for file in files if file in _proved} | batches


def _read_singly(files: Iterable[Path]) -> dict[Path, Batch]:
    """The batches in these files, up to the first file that is not a batch."""
    batches: dict[Path, Batch] = {}
    for file in files:
        try:
            batches |= read_batches([file])
        except ValueError:
            break
    return batches


def _signature(file: Path) -> Signature | None:
    try:
        at = file.stat()
    except OSError:
        return None
    return at.st_size, at.st_mtime_ns, at.st_ctime_ns, at.st_ino, at.st_dev


def _link_fault(batch: Batch, number: int, before: Batch | None) -> str | None:
    if batch.sequence != number:
        return f"batch {number} is missing; {batch.file.name} was found instead"
    if batch.previous != (before.digest if before else ""):
        return f"batch {number} ({batch.file.name}) does not follow batch {number - 1}: its metadata names a different previous batch"
    if before and batch.settled_date < before.settled_date:
        return f"batch {number} ({batch.file.name}) has an earlier posting period than batch {number - 1}"
    return None
