"""Files that must outlive a power failure and tell when they are damaged: forced to disk before they are named, read with their digest.

A *sealed* file is a JSON object that ends with the digest of all the rest. What it says does not belong here.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError

SEAL = "sha256_of_the_above"


def write_durably(file: Path, content: bytes) -> None:
    """Write the file whole or not at all, in place of what was there: bytes and name are on disk when this returns."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_bytes(content)
    sync(fresh)
    fresh.replace(file)
    sync(file.parent)


def name_durably(fresh: Path, file: Path) -> None:
    """Give a file that was written beside its place its name: never in place of another, and only once its bytes are on disk.

    Raises:
        FileExistsError: the name is taken.
    """
    sync(fresh)
    os.link(fresh, file)
    fresh.unlink()
    sync(file.parent)


def sync(path: Path) -> None:
    """Force a file's bytes, or a folder's names, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sealed(facts: dict[str, Any]) -> bytes:
    """The facts as a sealed file holds them."""
    return (json.dumps({**facts, SEAL: _seal(facts)}, indent=2) + "\n").encode()


def read_sealed(file: Path, remedy: str) -> dict[str, Any]:
    """The facts of a sealed file.

    Args:
        file: it must be there.
        remedy: what to do where it is damaged.

    Raises:
        MakegoodError: it cannot be read, or does not hold what was written: names it and the remedy.
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
        raise MakegoodError(f"{file} is damaged, it does not hold what was written: {remedy}")
    return dict(facts)


def _seal(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
