"""Which dbt project the warehouse's views and seeds were built from. They follow from the code and the policy alone, and not from the window."""

from pathlib import Path

import duckdb

from makegood.storage.connections import connect, sql_text
from makegood.storage.warehouse import ALIAS, attach

MARKED = "dim_models"
"""The view whose comment in the catalog holds the digest of the project. If the catalog is replaced by an older one, its digest comes with it."""


def built_from(con: duckdb.DuckDBPyConnection) -> str | None:
    """The digest of the parsed project whose views and seeds the attached snapshot has all of; None where that is not known."""
    found = con.execute(
        "select comment from duckdb_views() where database_name = ? and view_name = ?", [ALIAS, MARKED]
    ).fetchone()
    return None if found is None or found[0] is None else str(found[0])


def note_built_from(warehouse: Path, project: str) -> None:
    """Record that all views and seeds of the project with this digest are built.

    Args:
        warehouse: the directory of the warehouse, whose writer lock is held.
        project: the digest of the parsed project.

    Raises:
        MakegoodError: the catalog is damaged.
    """
    with connect() as con:
        attach(con, warehouse, read_only=False)
        con.execute(f"comment on view {MARKED} is '{sql_text(project)}'")
