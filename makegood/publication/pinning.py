"""Makes a reader's private copy of the warehouse's catalog, as a DuckDB file that contains exactly one snapshot.

A query reads the catalog several times, and each read takes a fraction of what it takes in SQLite. DuckLake defines the catalog's tables.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from makegood.errors import MakegoodError
from makegood.home import catalog_file
from makegood.publication.checksums import catalog_seal
from makegood.storage.connections import connect, sql_list, sql_text
from makegood.storage.queries import sql_beside

TYPES = {
    "int8": "tinyint", "int16": "smallint", "int32": "integer", "int64": "bigint", "float32": "real", "float64": "double",
}  # fmt: skip
"""DuckLake's type names that differ from DuckDB's; all others are the same."""
EMPTIED = ("ducklake_files_scheduled_for_deletion", "ducklake_table_column_stats")
"""Catalog tables that concern all snapshots together and are needed only for writing."""
PATIENCE_S = 60
"""How many seconds a reader waits while another program has the catalog locked."""


def pin_catalog(warehouse: Path, snapshot_id: int, target: Path) -> str:
    """Copy the catalog's data of a snapshot to `target`, a new file, and return its seal. The copy is never written to.

    Rows inlined in the catalog are text and numbers in SQLite; the copy has the types of their columns, which DuckLake expects.

    Raises:
        MakegoodError: the catalog does not contain the snapshot.
    """
    with TemporaryDirectory(dir=target.parent) as folder:
        taken = Path(folder) / "catalog.sqlite"
        source = sqlite3.connect(f"file:{catalog_file(warehouse)}?mode=ro", uri=True, timeout=PATIENCE_S)
        with closing(source), closing(sqlite3.connect(taken)) as copy:
            source.backup(copy)
            statements = list(_statements(copy, snapshot_id))
            if not copy.execute("select 1 from ducklake_snapshot where snapshot_id = ?", [snapshot_id]).fetchone():
                raise MakegoodError(
                    f"the published snapshot {snapshot_id} is not in {catalog_file(warehouse)}: run an hour again, which publishes a new one"
                )
        with connect(extensions=("sqlite_scanner",)) as con:
            con.execute(f"attach '{sql_text(taken)}' as taken (type sqlite, read_only)")
            con.execute(f"attach '{sql_text(target)}' as pinned")
            con.execute("begin")
            for statement in statements:
                con.execute(statement)
            con.execute("commit")
            return catalog_seal(con, "pinned")


def _statements(taken: sqlite3.Connection, snapshot_id: int) -> Iterator[str]:
    """The statements that copy the snapshot's rows from each catalog table. Ends later than the snapshot are set to null."""
    types: dict[str, dict[str, str]] = {}
    for table, column, type_ in taken.execute(sql_beside(__file__, "inlined_columns")):
        types.setdefault(table, {})[column] = TYPES.get(type_, type_)
    tables = [name for (name,) in taken.execute("select name from sqlite_master where type = 'table' order by name")]
    without_rows = []
    # The list of data files is copied first, because rows about other files are left out.
    for table in sorted(tables, key=lambda name: name != "ducklake_data_file"):
        columns = [name for (name,) in taken.execute("select name from pragma_table_info(?)", [table])]
        replaced = [f'"{name}"::{type_} as "{name}"' for name, type_ in types.get(table, {}).items() if name in columns]
        condition = "true"
        if "begin_snapshot" in columns:
            condition = f"begin_snapshot <= {snapshot_id:d}"
            if "end_snapshot" in columns:
                condition += f" and (end_snapshot is null or end_snapshot > {snapshot_id:d})"
                replaced.append("null::bigint as end_snapshot")
        elif "snapshot_id" in columns:
            condition = f"snapshot_id = {snapshot_id:d}"
        elif "data_file_id" in columns:
            condition = "data_file_id in (select data_file_id from pinned.ducklake_data_file)"
        elif table in EMPTIED:
            condition = "false"
        if table in types and not taken.execute(f"""select 1 from "{table}" where {condition} limit 1""").fetchone():
            without_rows.append(table)
            continue
        shown = f"* replace ({', '.join(replaced)})" if replaced else "*"
        yield f"""create table pinned."{table}" as select {shown} from taken."{table}" where {condition}"""
    yield f"delete from pinned.ducklake_inlined_data_tables where list_contains({sql_list(without_rows)}, table_name)"


def pinned_files(con: duckdb.DuckDBPyConnection, data: Path) -> dict[str, Path]:
    """Every file of the attached, pinned snapshot, by the path that the catalog has for it below the warehouse's data."""
    found = con.execute(sql_beside(__file__, "pinned_files")).fetchall()
    return {path: data / path if is_relative else Path(path) for path, is_relative, _ in found}


def lost_files(con: duckdb.DuckDBPyConnection, data: Path) -> list[str]:
    """The snapshot's files that are missing or have the wrong size. Their content is not read."""
    return sorted(
        path
        for path, is_relative, size in con.execute(sql_beside(__file__, "pinned_files")).fetchall()
        if not (file := data / path if is_relative else Path(path)).is_file() or file.stat().st_size != size
    )
