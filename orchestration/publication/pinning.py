"""A private copy of the warehouse's catalog in DuckDB's own format, for a reader that stays at one snapshot and asks many small questions.

A question costs several looks at the catalog, and each takes a fraction of what it takes in SQLite. What is in the catalog is DuckLake's.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestration.duck import connect, sql_text
from orchestration.warehouse import catalog

TYPES = {
    "int8": "tinyint", "int16": "smallint", "int32": "integer", "int64": "bigint", "float32": "real", "float64": "double",
}  # fmt: skip
"""DuckLake's names of types that DuckDB gives another name; the others have the same."""
INLINED = """
select inlined.table_name, columns.column_name, columns.column_type
from copied.ducklake_inlined_data_tables as inlined
inner join copied.ducklake_column as columns using (table_id)
where columns.parent_column is null
order by inlined.table_name, columns.begin_snapshot
"""


def pin_catalog(warehouse: Path, target: Path) -> None:
    """Copy the catalog as it is now to `target`, a new file. Nobody writes to the copy.

    Rows that lie in the catalog itself are text and numbers in SQLite; here they have their columns' own types, which DuckLake expects.
    """
    with TemporaryDirectory(dir=target.parent) as folder, connect() as con:
        taken = Path(folder) / "catalog.sqlite"
        source = sqlite3.connect(f"file:{catalog(warehouse)}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(taken)) as copy:
            source.backup(copy)
        con.execute(f"attach '{sql_text(taken)}' as taken (type sqlite, read_only)")
        con.execute(f"attach '{sql_text(target)}' as copied")
        con.execute("begin")
        tables = con.execute("select table_name from duckdb_tables() where database_name = 'taken'").fetchall()
        for (table,) in tables:
            con.execute(f'create table copied."{table}" as select * from taken."{table}"')
        for table, column, type_ in con.execute(INLINED).fetchall():
            con.execute(f'alter table copied."{table}" alter "{column}" type {TYPES.get(type_, type_)}')
        con.execute("commit")
