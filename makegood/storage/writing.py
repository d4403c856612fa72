"""The writer lock of a home: one process writes at a time, together with the child processes that it starts.

The writer holds one lock exclusively; each child that writes for it holds another one, shared with its siblings. A child that outlives
its parent therefore still keeps other writers out. Both are flock locks, which the system releases however the process ends.
"""

import fcntl
import json
import math
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.storage.queueing import queued

TOKEN = "MAKEGOOD_WRITER_TOKEN"
"""The environment variable that tells a child which writer started it."""
LOOK_AGAIN_S = 0.1
LONGEST_COMMAND = 200

_held: dict[tuple[Path, int], tuple[int, int]] = {}
"""By home and thread: the file descriptor of the lock, and how many times it has been acquired."""


@dataclass(frozen=True)
class Writer:
    """A process that writes. `since` is ISO 8601 in UTC."""

    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command}), since {self.since} UTC"


def _print(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


@contextmanager
def writing(
    home: Home,
    purpose: str,
    patience_s: float | None = 0,
    *,
    about: str = "",
    say: Callable[[str], None] = _print,
) -> Iterator[None]:
    """Hold the home's writer lock. The lock is reentrant within a thread. Those who wait get it in the order in which they came.

    Args:
        home: whose files are written; a different path to the same directory is the same home.
        purpose: what cannot be done while another process writes, such as `settle`; part of the message.
        patience_s: how long to wait for others, in seconds; None means as long as it takes.
        about: what others are told of this writer besides its command, such as the id of its run.
        say: gets a sentence whenever somebody else has to be waited for.

    Raises:
        MakegoodError: another process is still writing; names it, its command and when it started.
    """
    key = (home.root.resolve(), threading.get_ident())
    if key not in _held:
        _held[key] = (_acquire(home, purpose, patience_s, about, say), 0)
    lock, depth = _held[key]
    _held[key] = (lock, depth + 1)
    try:
        yield
    finally:
        lock, depth = _held[key]
        if depth > 1:
            _held[key] = (lock, depth - 1)
        else:
            del _held[key]
            os.environ.pop(TOKEN, None)
            os.ftruncate(lock, 0)
            os.close(lock)


@contextmanager
def joined(home: Home, token: str | None) -> Iterator[None]:
    """Hold the home as a child of the writer with this token. Without a token nothing is locked, because nothing will be written.

    Raises:
        MakegoodError: that writer has ended.
    """
    if token is None:
        yield
        return
    lock = _locked(home.children_lock, fcntl.LOCK_SH)
    try:
        if lock is None or _fields(home.writer_lock)[-1:] != [token]:
            raise MakegoodError(f"the writer that started this process has ended: nothing was written in {home.root}")
        os.write(lock, _line(_this_process()))
        yield
    finally:
        if lock is not None:
            os.close(lock)


def token_held(home: Home) -> str | None:
    """The token that a child of this thread joins with; None if this thread does not hold the lock."""
    return os.environ.get(TOKEN) if (home.root.resolve(), threading.get_ident()) in _held else None


def _acquire(home: Home, purpose: str, patience_s: float | None, about: str, say: Callable[[str], None]) -> int:
    me = _line(_this_process(about))
    if patience_s == 0:
        taken = _take(home, me)
        if isinstance(taken, int):
            return taken
        raise _refusal(home, purpose, taken)
    deadline, said = time.monotonic() + (math.inf if patience_s is None else patience_s), ""
    with queued(home.writer_queue, me) as those_before:
        while True:
            before = [writer for ticket in those_before() for writer in _writers(ticket)]
            taken = _writers(home.writer_lock) if before else _take(home, me)
            if isinstance(taken, int):
                return taken
            if time.monotonic() >= deadline:
                raise _refusal(home, purpose, taken)
            sentence = f"Waiting to {purpose}: {home.root} is being written by {_named(taken)}"
            if before:
                sentence += f"; before this one comes {_named(before)}"
            if sentence != said:
                say(sentence)
                said = sentence
            time.sleep(LOOK_AGAIN_S)


def _refusal(home: Home, purpose: str, others: list[Writer]) -> MakegoodError:
    return MakegoodError(
        f"cannot {purpose} now: {home.root} is being written by {_named(others)}; try again when that has ended, or end it"
    )


def _named(writers: list[Writer]) -> str:
    return " and ".join(str(writer) for writer in writers) or "a process that has not given its name yet"


def _take(home: Home, me: bytes) -> int | list[Writer]:
    """The writer's lock, if it could be taken; otherwise the processes that prevent it: the writer, or children that outlived it."""
    writer = _locked(home.writer_lock, fcntl.LOCK_EX)
    if writer is None:
        return _writers(home.writer_lock)
    children = _locked(home.children_lock, fcntl.LOCK_EX)
    if children is None:
        os.close(writer)
        return [child for child in _writers(home.children_lock) if _lives(child.pid)]
    # The token changes while both locks are held, so that nobody can join meanwhile: a late child of the previous writer then finds its
    # own token outdated.
    token = secrets.token_hex(16)
    os.ftruncate(children, 0)
    os.ftruncate(writer, 0)
    os.write(writer, me + token.encode())
    os.close(children)
    os.environ[TOKEN] = token
    return writer


def _locked(file: Path, kind: int) -> int | None:
    """The opened and locked file; None if another process holds the lock."""
    while True:
        try:
            lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise MakegoodError(
                f"cannot lock {file}: {error.strerror}; set MAKEGOOD_HOME, or fix its permissions"
            ) from error
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        except OSError as error:
            os.close(lock)
            raise MakegoodError(
                f"cannot lock {file}: {error.strerror}; its file system must support file locks"
            ) from error
        # If somebody deleted the file meanwhile, we hold a lock on a file that nobody else can see, so try again.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), file.stat()):
                return lock
        os.close(lock)


def _fields(file: Path) -> list[str]:
    try:
        return file.read_text(errors="replace").split("\n")
    except OSError:
        return []


def _writers(file: Path) -> list[Writer]:
    """The processes that a lock file names."""
    named = []
    for line in _fields(file):
        try:
            named.append(Writer(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return named


def _this_process(about: str = "") -> Writer:
    program = Path(sys.argv[0])
    name = f"python -m {program.parent.name}" if program.name == "__main__.py" else program.name
    command = " ".join([name, *sys.argv[1:]]).split()
    named = " ".join(command)[:LONGEST_COMMAND] + (f"; {about}" if about else "")
    return Writer(os.getpid(), named, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}")


def _line(writer: Writer) -> bytes:
    return (json.dumps(asdict(writer)) + "\n").encode()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
