"""Damage to the chain of a ledger's batches, by adding and renaming their files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

Damage = Callable[[list[Path]], object]
"""Damages some of the batch files, which it gets in the order of their numbers."""


def add_at_end(files: list[Path]) -> None:
    """Add a copy of the first batch as batch 4."""
    shutil.copy(files[0], files[0].with_name(files[0].name.replace("00000001", "00000004")))


def swap_first_two(files: list[Path]) -> None:
    """Swap the numbers of the first two batches."""
    first, second = files[0].name, files[1].name
    files[0].rename(files[0].with_name(second[:8] + first[8:]))
    files[1].rename(files[1].with_name(first[:8] + second[8:]))
