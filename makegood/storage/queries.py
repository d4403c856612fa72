"""Reads the SQL that stands in files beside the modules that run it, and the answer of a query that always has one row."""

import sqlite3
from functools import cache
from pathlib import Path
from typing import Any

import duckdb


@cache
def sql_beside(module: str, name: str) -> str:
    """The text of `sql/<name>.sql` in the folder of a module, given as its `__file__`."""
    return (Path(module).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def only_row(answer: duckdb.DuckDBPyConnection | sqlite3.Cursor) -> tuple[Any, ...]:
    """The row of a query that always returns exactly one, such as a count."""
    row: tuple[Any, ...]
    (row,) = answer.fetchall()
    return row
