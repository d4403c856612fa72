"""Durable files: they are forced to disk before they get their name, so that they survive a power failure, and a digest reveals damage.

A *sealed* file is a JSON object whose last field is the digest of all the others.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError

SEAL = "sha256_of_the_above"


def write_durably(file: Path, content: bytes) -> None:
    """Replace the file atomically. Its content and its name are on disk when this returns."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_bytes(content)
    sync(fresh)
    fresh.replace(file)
    sync(file.parent)


def name_durably(fresh: Path, file: Path) -> None:
    """Rename a new file, written to the same directory, to its final name once its bytes are on disk; never replaces an existing file.

    Raises:
        FileExistsError: the name is taken.
    """
    sync(fresh)
    os.link(fresh, file)
    fresh.unlink()
    sync(file.parent)


def sync(path: Path) -> None:
    """Force a file's content, or a directory's entries, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sealed(facts: dict[str, Any]) -> bytes:
    """The content of a sealed file with these facts."""
    return (json.dumps({**facts, SEAL: _seal(facts)}, indent=2) + "\n").encode()


def read_sealed(file: Path, remedy: str) -> dict[str, Any]:
    """The facts of a sealed file.

    Args:
        file: an existing file.
        remedy: what the user should do if it is damaged; part of the error message.

    Raises:
        MakegoodError: the file cannot be read, or is not as it was written; names the file and the remedy.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise MakegoodError(f"{file} cannot be read ({error.strerror}): {remedy}") from error
    try:
        facts = json.loads(content)
        del facts[SEAL]
        is_whole = sealed(facts) == content
    except (ValueError, KeyError, TypeError, RecursionError):
        is_whole = False
    if not is_whole:
        raise MakegoodError(f"{file} is damaged, its content has changed since it was written: {remedy}")
    return dict(facts)


def _seal(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
