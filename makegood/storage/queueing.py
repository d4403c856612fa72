"""The queue of those who wait to write in a home: a folder with a locked file for each, in the order in which they came.

The files are flock locks, which the system releases however a process ends. Whoever finds one that nobody locks removes it.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from makegood.errors import MakegoodError

UNNAMED = ".new"


@contextmanager
def queued(queue: Path, line: bytes) -> Iterator[Callable[[], list[Path]]]:
    """Stand in the queue.

    Args:
        queue: its folder, made if it is missing.
        line: what others read of us.

    Yields:
        A function that returns the tickets of those who came before and still wait.

    Raises:
        MakegoodError: the folder cannot be written.
    """
    name = f"{time.time_ns():020}-{secrets.token_hex(4)}"
    ticket = queue / name
    try:
        queue.mkdir(exist_ok=True)
        # Others see the ticket when it is locked and written, so that they neither remove it nor read half of it.
        lock = os.open(queue / (name + UNNAMED), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(lock, line)
        (queue / (name + UNNAMED)).rename(ticket)
    except OSError as error:
        raise MakegoodError(f"cannot wait in {queue}: {error.strerror}; fix its permissions") from error
    try:
        yield lambda: [other for other in _tickets(queue) if other.name < name and _is_waiting(other)]
    finally:
        ticket.unlink(missing_ok=True)
        os.close(lock)


def _tickets(queue: Path) -> list[Path]:
    try:
        return sorted(file for file in queue.iterdir() if file.suffix != UNNAMED)
    except OSError:
        return []


def _is_waiting(ticket: Path) -> bool:
    """Whether somebody holds the ticket. It is removed if its process has ended."""
    try:
        lock = os.open(ticket, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        ticket.unlink(missing_ok=True)
        return False
    finally:
        os.close(lock)
