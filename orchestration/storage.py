"""Dagster's storage in SQLite, tuned: connections stay open, commits do not wait for the disk, and batches are one transaction.

Dagster's own storage opens a connection for every statement. That is most of what a small run costs, and makes a backfill of a month take
minutes before its first file is read. The files are the same, so a home made with either storage works with the other.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cachetools import LRUCache
from dagster import EventLogEntry
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

BUSY_TIMEOUT_S = 30
"""How long a statement waits for another process that writes, as in Dagster's own storage."""
OPEN_SHARDS = 16
"""How many of the event log's files, one for each run and an index, stay open at once."""


class EventLog(SqliteEventLogStorage):
    """The event log: a file for each run, and an index of what concerns assets in all runs."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines = _Engines(OPEN_SHARDS)
        self._made: set[str] = set()
        super().__init__(base_dir, inst_data)

    @property
    def supports_partition_subset_in_asset_materialization_planned_events(self) -> bool:
        """A run over a range plans each asset in one event and not in one for each partition, of which a year has 8,760."""
        return True

    def has_secondary_index(self, name: str) -> bool:
        """Whether this migration of the index was made. Dagster asks with every event, and what was made stays made."""
        if name not in self._made:
            if not super().has_secondary_index(name):
                return False
            self._made.add(name)
        return True

    def _has_asset_key_col_on_connection(self, conn: sa.Connection, column_name: str) -> bool:
        if column_name not in self._made:
            if not super()._has_asset_key_col_on_connection(conn, column_name):
                return False
            self._made.add(column_name)
        return True

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock:
            if shard not in self._engines:
                self._engines[shard] = _engine(self.conn_string_for_shard(shard))
            engine = self._engines[shard]
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as con:
                yield con

    def store_event(self, event: EventLogEntry) -> None:
        """Store one event, and have readers of the run's log look at it."""
        super().store_event(event)
        self._announce(event.run_id)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store these events of one run; what is planned or made of assets is one transaction for each file."""
        for event in events:
            if event.dagster_event_type not in ASSET_EVENTS:
                self.store_event(event)
        about_assets = [event for event in events if event.dagster_event_type in ASSET_EVENTS]
        if not about_assets:
            return
        rows = [self._event_to_row(event) for event in about_assets]
        [run_id] = {event.run_id for event in about_assets}
        with self.run_connection(run_id) as con:
            con.execute(SqlEventLogStorageTable.insert(), rows)
        with self.index_transaction() as con:
            insert = SqlEventLogStorageTable.insert().returning(
                SqlEventLogStorageTable.c.id, sort_by_parameter_order=True
            )
            ids = list(con.execute(insert, rows).scalars())
            self._store_asset_event_tags(con, about_assets, ids)
            # An asset's row in the index describes its last event only.
            last = {
                event.get_dagster_event().asset_key: (event, number)
                for event, number in zip(about_assets, ids, strict=True)
            }
            for event, number in last.values():
                self._store_asset_event(con, event, number)
        self._announce(run_id)

    def dispose(self) -> None:
        """Stop watching, and close every connection."""
        super().dispose()
        self._engines.clear()

    def _announce(self, run_id: str) -> None:
        """Dagster's UI follows a run by the changes of its file, which an open connection in WAL mode does not touch."""
        Path(self.path_for_shard(run_id)).touch()


class Storage(DagsterSqliteStorage):
    """What `dagster.yaml` names: Dagster's storage in SQLite, with this module's event log."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = EventLog(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Any) -> "Storage":
        """The storage in the configured folder."""
        return cls.from_local(inst_data=inst_data, **config_value)


class _Engines(LRUCache[str, sa.Engine]):
    """Open engines by the name of their file; what is no longer used is closed."""

    def popitem(self) -> tuple[str, sa.Engine]:
        """Close and forget the engine that was not used for the longest time."""
        name, engine = super().popitem()
        engine.dispose()
        return name, engine


def _engine(address: str) -> sa.Engine:
    engine = sa.create_engine(address, connect_args={"timeout": BUSY_TIMEOUT_S})

    @sa.event.listens_for(engine, "connect")
    def _do_not_wait_for_the_disk(connection: Any, _: Any) -> None:
        # In WAL mode a crash of the machine can then lose the last events, and damages nothing.
        connection.execute("pragma synchronous = normal")

    return engine
