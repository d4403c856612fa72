"""The in-memory database in which an audit runs: the warehouse at one snapshot, the run's inputs, and the views on them.

The warehouse is attached read-only and pinned to a snapshot, so that the results describe exactly the snapshot that
they name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import sqlalchemy

from expectations.suite import Relation
from expectations.thresholds import HISTORY_DAYS
from makegood.errors import MakegoodError
from makegood.home import Home, catalog_file, spill_directory
from makegood.storage.connections import EXTENSIONS, extension_file, sql_text
from makegood.storage.memory import duckdb_bytes
from makegood.storage.queries import sql_beside
from makegood.storage.warehouse import ALIAS, attach_sql


@dataclass(frozen=True)
class Session:
    """An open audit database. Other connections to `url` see the same relations while it is open."""

    url: str
    snapshot_id: int
    connection: sqlalchemy.Connection

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run `sql` and return the rows as Python values (decimals stay decimals)."""
        return _rows(self.connection, sql)

    def prepare(self, relation: Relation, limits: Mapping[str, float]) -> None:
        """Create the table of a relation that has a query of its own, with the limits that it names filled in."""
        if relation.query is not None:
            _rows(
                self.connection,
                f"create table {relation.name} as {sql_beside(__file__, relation.query).format_map(limits)}",
            )

    def narrow(self, name: str, relation: Relation, condition: str) -> None:
        """Create the view `name` of the relation's rows that meet a condition in SQL."""
        _rows(self.connection, f"create view {name} as select * from {relation.name} where {condition}")


@contextmanager
def opened(
    home: Path, tables: Iterable[str], snapshot_id: int | None = None, history_days: int = HISTORY_DAYS
) -> Iterator[Session]:
    """Attach the warehouse and the run's inputs of `home` and create the views `audited_…` and `trailing_…`.

    `trailing_…` reaches `history_days` before the window. The snapshot is the warehouse's newest unless `snapshot_id` is given. Raises MakegoodError where the home has no
    warehouse or no run inputs, or where they cannot be opened.
    """
    catalog, run = catalog_file(Home(home).warehouse), Home(home).run_inputs
    for path, remedy in ((catalog, "build the models first"), (run, "write the run's inputs first")):
        if not path.is_file():
            raise MakegoodError(f"Nothing to audit: {path} does not exist; {remedy}.")

    # With a unique name, all connections of this session share one in-memory database.
    url = f"duckdb:///:memory:audit_{uuid4().hex}"
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.connect() as connection:
            try:
                _load_extensions(connection, home)
                pinned = _attach(connection, home, snapshot_id)
                _rows(connection, f"attach {_quoted(run)} as run (read_only)")
                _make_views(connection, tables, history_days)
            except duckdb.Error as error:
                raise MakegoodError(f"{home} cannot be audited: {' '.join(str(error).split())}") from error
            yield Session(url=url, snapshot_id=pinned, connection=connection)
    finally:
        engine.dispose()


def _rows(connection: sqlalchemy.Connection, sql: str) -> list[tuple[Any, ...]]:
    driver: Any = connection.connection.dbapi_connection
    rows: list[tuple[Any, ...]] = driver.execute(sql).fetchall()
    return rows


def _quoted(value: object) -> str:
    return f"'{sql_text(value)}'"


def _load_extensions(connection: sqlalchemy.Connection, home: Path) -> None:
    _rows(connection, "set autoinstall_known_extensions = false")
    _rows(connection, f"set memory_limit = '{duckdb_bytes()}B'")
    _rows(connection, f"set temp_directory = {_quoted(spill_directory(Home(home).warehouse))}")
    for name in EXTENSIONS:
        _rows(connection, f"load {_quoted(extension_file(name))}")


def _attach(connection: sqlalchemy.Connection, home: Path, snapshot_id: int | None) -> int:
    """Attach the warehouse as `makegood`, read-only at one snapshot, and return the snapshot's id."""
    warehouse = Home(home).warehouse
    if snapshot_id is None:
        _rows(connection, attach_sql(warehouse))
        ((newest,),) = _rows(connection, f"select max(snapshot_id) from ducklake_snapshots('{ALIAS}')")
        _rows(connection, f"detach {ALIAS}")
        snapshot_id = int(newest)
    _rows(connection, attach_sql(warehouse, snapshot_id=snapshot_id))
    return snapshot_id


def _make_views(connection: sqlalchemy.Connection, tables: Iterable[str], history_days: int) -> None:
    """Create `audited_<table>` (the rows in the window) and `trailing_<table>` (the window's days and the history before them).

    The days are literals in the views, so that DuckLake prunes the files of other days.
    """
    days = [day for (day,) in _rows(connection, "select distinct request_date from run.request_hours")]
    landings = [hour for (hour,) in _rows(connection, "select distinct landed_hour from run.landing_files")]
    for table in sorted(set(tables)):
        if table == "fct_landing_files":
            past = _among("landed_date", _with_history({hour.date() for hour in landings}, history_days))
            window = f"{past} and landed_hour in (select landed_hour from run.landing_files)"
        else:
            past = _among("request_date", _with_history(days, history_days))
            hours = "(select (request_date, request_hour) from run.request_hours)"
            window = f"{_among('request_date', days)} and (request_date, request_hour) in {hours}"
        for prefix, condition in (("audited", window), ("trailing", past)):
            selected = f"select * from {ALIAS}.{table} where {condition}"
            _rows(connection, f"create view {prefix}_{table} as {selected}")


def _with_history(days: Iterable[date], history_days: int) -> set[date]:
    return {day - timedelta(days=back) for day in days for back in range(history_days + 1)}


def _among(column: str, days: Iterable[date | datetime]) -> str:
    literals = ", ".join(f"date '{day}'" for day in sorted(set(days)))
    return f"{column} in ({literals})" if literals else "false"
