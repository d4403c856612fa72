"""Opens SQLite files such that every error names the file and says what to do. Schemas and queries are in the modules that open them."""

import sqlite3
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from makegood.errors import MakegoodError

P = ParamSpec("P")
T = TypeVar("T")


class Connection(sqlite3.Connection):
    """A connection whose errors name the file and the remedy when the file is damaged, locked or cannot be written."""

    file: Path
    way_out: str

    def cursor(self, factory: Any = None) -> Any:
        """A cursor with the same error messages."""
        return super().cursor(factory or Cursor)


def _named(method: Callable[P, T]) -> Callable[P, T]:
    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            cursor: Any = args[0]
            raise fault(cursor.connection.file, error, cursor.connection.way_out) from error

    return call


@_named
def _next(cursor: "Cursor") -> Any:
    return sqlite3.Cursor.__next__(cursor)


class Cursor(sqlite3.Cursor):
    """A cursor whose methods raise a MakegoodError if the database file cannot be used."""

    execute = _named(sqlite3.Cursor.execute)
    executemany = _named(sqlite3.Cursor.executemany)
    executescript = _named(sqlite3.Cursor.executescript)
    fetchone = _named(sqlite3.Cursor.fetchone)
    fetchall = _named(sqlite3.Cursor.fetchall)

    def __next__(self) -> Any:
        """The next row."""
        return _next(self)


def open_sqlite(file: Path, way_out: str) -> Connection:
    """Open a SQLite file, or create it, in WAL mode, which lets readers work while one process writes.

    Args:
        file: the SQLite file.
        way_out: what the user should do if the file is damaged; part of the error message.

    Raises:
        MakegoodError: the file cannot be opened or is not SQLite; later uses of the connection raise it too.
    """
    try:
        db = sqlite3.connect(file, isolation_level=None, timeout=60, factory=Connection)
        db.file, db.way_out = file, way_out
        db.execute("pragma journal_mode = wal")
    except sqlite3.DatabaseError as error:
        raise fault(file, error, way_out) from error
    return db


def fault(file: Path, error: Exception, way_out: str) -> MakegoodError:
    """The error for a file that cannot be used."""
    if "locked" in str(error):
        return MakegoodError(f"{file} has been locked by another process for a minute: end that process, and try again")
    return MakegoodError(f"{file} is damaged or cannot be used ({' '.join(str(error).split())}): {way_out}")


def is_there(file: Path) -> bool:
    """Whether the file exists and is not empty; SQLite takes an empty file for a new database."""
    return file.exists() and file.stat().st_size > 0
