"""Homes that are made once in a session of tests, whichever of its workers asks first, and copies of them for tests that write."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

PLACE = "TESTS_SHARED_HOMES"
"""The environment variable that names the session's folder to its workers, which are children of the process that began it."""


def begin() -> Path | None:
    """Make the session's folder. None in a worker, whose session has one already."""
    if PLACE in os.environ:
        return None
    folder = Path(tempfile.mkdtemp(prefix="makegood-shared-"))
    os.environ[PLACE] = str(folder)
    return folder


def end(folder: Path) -> None:
    """Remove the session's folder."""
    del os.environ[PLACE]
    shutil.rmtree(folder, ignore_errors=True)


def shared(name: str, make: Callable[[Path], object]) -> Path:
    """The folder of this name, filled by `make` when it is first asked for. It is everybody's: who writes takes a copy."""
    if folder_of_this_process := begin():
        # These are no tests: somebody runs a program of them by hand.
        atexit.register(end, folder_of_this_process)
    place = Path(os.environ[PLACE])
    folder, done = place / name, place / f"{name}.done"
    with FileLock(place / f"{name}.lock"):
        if not done.exists():
            # What is there was left by a worker that failed while it made it.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def copied(name: str, make: Callable[[Path], object], target: Path) -> Path:
    """A copy of the shared folder of this name, at a path that does not exist yet or holds nothing."""
    return Path(shutil.copytree(shared(name, make), target, dirs_exist_ok=True))
