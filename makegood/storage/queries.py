"""Reads the SQL that stands in files beside the modules that run it, and the answers of queries: rows by name, or the only row."""

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


def named_rows(answer: duckdb.DuckDBPyConnection | sqlite3.Cursor) -> list[dict[str, Any]]:
    """All rows of a query, each as its values by the names of the columns."""
    names = [str(column[0]) for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
