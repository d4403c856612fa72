"""Who writes in a home: one process at a time, and the children that it starts. What they write is theirs.

The writer holds one lock, and each child that writes for it holds another, shared with its siblings: so a child that outlives its
parent still keeps everybody else out. Both are flock locks, which the system lets go when the process ends, however it ends.
"""

import fcntl
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from makegood.errors import MakegoodError
from makegood.home import Home

TOKEN = "MAKEGOOD_WRITER_TOKEN"
"""The environment variable by which a child knows which writer started it."""
LOOK_AGAIN_S = 0.1
LONGEST_COMMAND = 200

_held: dict[tuple[Path, int], tuple[int, int]] = {}
"""By home and thread: the open lock, and how often it was asked for."""


@dataclass(frozen=True)
class Writer:
    """A process that writes. `since` is ISO 8601 in UTC."""

    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command}), since {self.since} UTC"


@contextmanager
def writing(home: Home, purpose: str, patience_s: float = 0) -> Iterator[None]:
    """Hold the home while something is written in it. The thread that holds it already may ask again.

    Args:
        home: whose files are written; the same home by another path is the same one.
        purpose: what cannot be done while another writes, such as `settle`.
        patience_s: how long to wait for others, seconds.

    Raises:
        MakegoodError: another process still writes; says which, what it does and since when.
    """
    key = (home.root.resolve(), threading.get_ident())
    if key not in _held:
        _held[key] = (_acquire(home, purpose, patience_s), 0)
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
    """Hold the home as a child of the writer that has this token; without a token nothing is held, for nothing is written.

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
    """What a child of this thread joins with; None where this thread does not write."""
    return os.environ.get(TOKEN) if (home.root.resolve(), threading.get_ident()) in _held else None


def _acquire(home: Home, purpose: str, patience_s: float) -> int:
    deadline, has_said = time.monotonic() + patience_s, False
    while True:
        taken = _take(home)
        if isinstance(taken, int):
            return taken
        others = " and ".join(str(writer) for writer in taken) or "a process that has not given its name yet"
        if time.monotonic() >= deadline:
            raise MakegoodError(
                f"cannot {purpose} now: {home.root} is being written by {others}; try again when that has ended, or end it"
            )
        if not has_said:
            print(f"Waiting to {purpose}: {home.root} is being written by {others}", file=sys.stderr)
            has_said = True
        time.sleep(LOOK_AGAIN_S)


def _take(home: Home) -> int | list[Writer]:
    """The writer's lock, held; or those who keep it from us: the writer, or children that outlived theirs."""
    writer = _locked(home.writer_lock, fcntl.LOCK_EX)
    if writer is None:
        return _writers(home.writer_lock)
    children = _locked(home.children_lock, fcntl.LOCK_EX)
    if children is None:
        os.close(writer)
        return [child for child in _writers(home.children_lock) if _lives(child.pid)]
    # Only now does the token change, and nobody can join in between: a late child of the writer before finds that it is one.
    token = secrets.token_hex(16)
    os.ftruncate(children, 0)
    os.ftruncate(writer, 0)
    os.write(writer, _line(_this_process()) + token.encode())
    os.close(children)
    os.environ[TOKEN] = token
    return writer


def _locked(file: Path, kind: int) -> int | None:
    """The file, open and locked; None where another holds it."""
    while True:
        try:
            lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise MakegoodError(
                f"cannot lock {file}: {error.strerror}; set MAKEGOOD_HOME, or mend its permissions"
            ) from error
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        except OSError as error:
            os.close(lock)
            raise MakegoodError(f"cannot lock {file}: {error.strerror}; its file system must know locks") from error
        # Whoever deletes the file meanwhile leaves us a lock that nobody else can see.
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
    """Those that a lock's file names."""
    named = []
    for line in _fields(file):
        try:
            named.append(Writer(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return named


def _this_process() -> Writer:
    program = Path(sys.argv[0])
    name = f"python -m {program.parent.name}" if program.name == "__main__.py" else program.name
    command = " ".join([name, *sys.argv[1:]]).split()
    return Writer(os.getpid(), " ".join(command)[:LONGEST_COMMAND], f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}")


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
