"""Damages files in every way that disks and people do, for tests of any area."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path


def flip(file: Path, *positions: int, mask: int = 1) -> None:
    """Flip the bits of the mask in the bytes at these positions. A negative position counts from the end of the file."""
    content = bytearray(file.read_bytes())
    for position in positions:
        content[position] ^= mask
    file.write_bytes(content)


def _flip_one_bit(file: Path, chance: random.Random) -> None:
    if size := file.stat().st_size:
        flip(file, chance.randrange(size), mask=1 << chance.randrange(8))


DAMAGES: dict[str, Callable[[Path, random.Random], object]] = {
    "missing": lambda file, _: file.unlink(),
    "empty": lambda file, _: file.write_bytes(b""),
    "garbage": lambda file, chance: file.write_bytes(chance.randbytes(5_000)),
    "truncated": lambda file, _: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "flipped": _flip_one_bit,
}
"""How a file can be damaged, by name. The position of a flipped bit is random."""


def copy_of(home: Path, target: Path) -> Path:
    """A home like this one, without what Dagster and dbt keep in it."""
    shutil.copytree(home, target, ignore=shutil.ignore_patterns("dagster", "dbt"))
    return target
