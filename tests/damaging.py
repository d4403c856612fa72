"""Spoils files in every way that disks and people do, for tests of any area; and runs commands in this process."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from orchestration.command_line.cli import main


def _flip(file: Path, chance: random.Random) -> None:
    data = bytearray(file.read_bytes())
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(bytes(data))


DAMAGES: dict[str, Callable[[Path, random.Random], object]] = {
    "missing": lambda file, _: file.unlink(),
    "empty": lambda file, _: file.write_bytes(b""),
    "garbage": lambda file, chance: file.write_bytes(chance.randbytes(5_000)),
    "truncated": lambda file, _: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "flipped": _flip,
}
"""How a file can be spoiled, by name. A flipped bit lies where chance puts it."""


def copy_of(home: Path, target: Path) -> Path:
    """A home like this one, without what Dagster and dbt keep in it."""
    shutil.copytree(home, target, ignore=shutil.ignore_patterns("dagster", "dbt"))
    return target


def makegood(home: Path, *arguments: str) -> tuple[int, str, str]:
    """A command over a home, in this process: exit code, standard output, standard error. An exception that is none of ours is raised."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("MAKEGOOD_HOME", str(home))
        patch.setenv("MAKEGOOD_SOURCES", str(home / "sources.yml"))
        patch.setattr(sys, "argv", ["makegood", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code
    return code if isinstance(code, int) else 0, out.getvalue(), err.getvalue()
