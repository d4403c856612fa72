"""Attaches the DuckLake warehouse, always under the name `makegood`. The dbt models define what it contains."""

from pathlib import Path

import duckdb

from makegood.errors import MakegoodError
from makegood.home import catalog_file, data_directory
from makegood.storage.connections import connect, sql_text
from makegood.storage.queries import only_row
from makegood.storage.sqlite_files import fault, is_there

ALIAS = "makegood"
ROW_GROUP = 30_720
"""Rows per row group of a data file: the most rows of a day that a lookup of a single request has to read."""


def attach(
    con: duckdb.DuckDBPyConnection,
    warehouse: Path,
    *,
    read_only: bool = True,
    snapshot_id: int | None = None,
    pinned: Path | None = None,
    data: str | None = None,
) -> None:
    """Attach the warehouse to a connection, and make it the default catalog for unqualified table names.

    Args:
        con: a connection with Makegood's extensions.
        warehouse: its directory.
        read_only: whether writing is refused.
        snapshot_id: the snapshot to read; None reads the newest one.
        pinned: a private copy of the catalog to read instead of the catalog itself.
        data: the location of its data files; None means the directory `data` of the warehouse.

    Raises:
        MakegoodError: the catalog is damaged or missing.
    """
    statement = attach_sql(warehouse, read_only=read_only, snapshot_id=snapshot_id, pinned=pinned, data=data)
    try:
        con.execute(statement)
        con.execute(f"use {ALIAS}")
    except duckdb.Error as error:
        raise fault(catalog_file(warehouse), error, rebuilding(warehouse)) from error


def attach_sql(
    warehouse: Path,
    *,
    read_only: bool = True,
    snapshot_id: int | None = None,
    pinned: Path | None = None,
    data: str | None = None,
) -> str:
    """The SQL by which `attach` attaches the warehouse. dbt_project/profiles.yml attaches it to dbt with the same options."""
    # The catalog records the path where it was created, but a home may have been moved or mounted elsewhere.
    options = [f"data_path '{sql_text(data or data_directory(warehouse))}'", "override_data_path true"]
    if pinned is None:
        options += ["meta_journal_mode 'WAL'", "meta_busy_timeout 30000"]
    if read_only:
        options.append("read_only")
    if snapshot_id is not None:
        options.append(f"snapshot_version {snapshot_id:d}")
    place = pinned or f"sqlite:{catalog_file(warehouse)}"
    return f"attach 'ducklake:{sql_text(place)}' as {ALIAS} ({', '.join(options)})"


def create(warehouse: Path, *, is_published: bool = False) -> None:
    """Create the catalog if there is none.

    Raises:
        MakegoodError: the catalog is damaged, or it is missing although it was published from.
    """
    is_new = not is_there(catalog_file(warehouse))
    if is_new and is_published:
        raise MakegoodError(
            f"{catalog_file(warehouse)} is missing or empty, although there are publications of it: {rebuilding(warehouse)}"
        )
    with connect() as con:
        attach(con, warehouse, read_only=False)
        if is_new:
            con.execute(f"call {ALIAS}.set_option('parquet_row_group_size', '{ROW_GROUP}')")


def rebuilding(warehouse: Path) -> str:
    """What to do if a file of the warehouse is lost."""
    return f"put {warehouse} back from a copy, or delete it and run all landing hours again: the lake and the ledger keep everything"


def head_snapshot(con: duckdb.DuckDBPyConnection) -> int:
    """The id of the newest snapshot."""
    (newest,) = only_row(con.execute(f"select max(snapshot_id) from ducklake_snapshots('{ALIAS}')"))
    return int(newest)


def has_table(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the attached snapshot contains this table or view."""
    (count,) = only_row(
        con.execute(
            "select count(*) from information_schema.tables where table_catalog = ? and table_name = ?", [ALIAS, name]
        )
    )
    return bool(count)
