"""Sessions of the page on one publication: read-only connections, and the session's own copies of the data that is read most.

A request uses one session and therefore reads one snapshot. The queries are in queries.py; following.py opens a session for each newer
publication.
"""

import shutil
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty, LifoQueue
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import duckdb
from cachetools import LRUCache

from dashboard.answers import CompensationType
from makegood.hours import floor_hour
from makegood.publication.reading import current_publication, reading
from makegood.publication.sealing import pin_sealed
from makegood.storage.connections import sql_text
from makegood.storage.queries import sql_beside

COPIED = timedelta(days=92)
"""How far back the compensations are copied into DuckDB's own format, in which a page of rows is found several times faster than in Parquet."""
COPIED_DAYS = "select distinct request_date from fct_request_hours where request_date >= ? order by request_date"
TYPES = "select compensation_type, label, description from dim_compensation_types order by precedence"
OWN_FILES = ("figures", "page")
"""The session's own files: `figures` has counts and sums by hour and by day; `page` has the copy of the last months, which is made later."""
MEMORY_LIMIT, LOOKUP_MEMORY_LIMIT = "256MB", "128MB"
ANSWERS_KEPT = 64


class Cursors:
    """A pool of cursors on one connection, so that each request has a cursor of its own."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._idle: LifoQueue[duckdb.DuckDBPyConnection] = LifoQueue()

    @contextmanager
    def take(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend an idle cursor, or a new one where none is idle."""
        try:
            cursor = self._idle.get_nowait()
        except Empty:
            cursor = self._con.cursor()
            cursor.execute("use makegood")
        try:
            yield cursor
        finally:
            self._idle.put(cursor)


class _UnwantedError(Exception):
    """The copy was abandoned, because it is no longer wanted."""


class Session:
    """Read-only access to one publication.

    Counts and sums are read from the session's own file. So are the last months of compensations and of the accounts' daily sums, as soon
    as they have been copied. Single requests are looked up through a separate connection that is used for nothing else.
    """

    def __init__(self, warehouse: Path, scratch: Path) -> None:
        """Open the session on what is published now.

        Raises:
            MakegoodError: nothing is published yet.
        """
        self._closing = ExitStack()
        self.publication = current_publication(warehouse)
        self._warehouse = warehouse
        self._folder = scratch / f"{self.publication.publication_id}-{uuid4().hex}"
        self._folder.mkdir()
        self._closing.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._catalog = self._folder / "catalog"
        pin_sealed(warehouse, self.publication.snapshot_id, self._catalog)
        with self._making("figures") as con:
            con.execute(sql_beside(__file__, "figures"))
        self._con = self._closing.enter_context(self._reading())
        lookups = self._closing.enter_context(self._reading(memory_limit=LOOKUP_MEMORY_LIMIT, for_single_rows=True))
        self.cursor, self.lookup = Cursors(self._con).take, Cursors(lookups).take
        self._lock = threading.Lock()
        self.scratch = scratch
        self.readers = 0
        self.may_be_copied = True
        self._copied_from: datetime | None = None
        self._answers: LRUCache[Hashable, list[tuple[Any, ...]]] = LRUCache(ANSWERS_KEPT)
        self.data_from, self.data_through = self._coverage()
        self.types = [
            CompensationType(compensation_type=name, label=label, description=description)
            for name, label, description in self._con.execute(TYPES).fetchall()
        ]

    @contextmanager
    def _reading(
        self, *, memory_limit: str = MEMORY_LIMIT, for_single_rows: bool = False, writable: Path | None = None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the published snapshot, and to those of the session's own files that are complete."""
        complete = {name: self._folder / name for name in OWN_FILES if (self._folder / name).exists()}
        with reading(
            self._warehouse,
            publication=self.publication,
            pinned=self._catalog,
            beside=complete,
            writable=writable,
            memory_limit=memory_limit,
            for_single_rows=for_single_rows,
        ) as (con, _):
            yield con

    @contextmanager
    def writing(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
        """A connection that may write in a folder of its own, which is deleted afterwards."""
        with TemporaryDirectory(dir=self._folder) as folder, self._reading(writable=Path(folder)) as con:
            yield con, Path(folder)

    @contextmanager
    def _making(self, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that fills one of the session's own files. The file is moved to its place when it is complete."""
        with self.writing() as (con, folder):
            con.execute(f"attach '{sql_text(folder / name)}' as {name}")
            yield con
            con.execute(f"detach {name}")
            (folder / name).rename(self._folder / name)

    def remember(self, asked: Hashable, ask: Callable[[], list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
        """The remembered answer to this question; if there is none, ask now and remember the answer."""
        with self._lock:
            known = self._answers.get(asked)
        if known is None:
            known = ask()
            with self._lock:
                self._answers[asked] = known
        return known

    @property
    def is_copied(self) -> bool:
        """Whether the last months have been copied to the session's own file."""
        return self._copied_from is not None

    def facts(self, start: datetime) -> str:
        """The relation with the compensations from `start` on: the session's copy if it reaches that far back, else the published table."""
        return "page.compensations" if self._holds(start) else "fct_compensations"

    def account_days(self, start: datetime) -> str:
        """The relation with the accounts' daily sums from `start` on, chosen in the same way."""
        return "page.account_days" if self._holds(start) else f"({sql_beside(__file__, 'account_days')})"

    def _holds(self, start: datetime) -> bool:
        return self._copied_from is not None and max(start, self.data_from or start) >= self._copied_from

    def copy(self, is_wanted: Callable[[], bool]) -> None:
        """Copy the last months, day by day, as long as the copy is wanted. Until it is complete, the published tables are read."""
        start = (self.data_through - COPIED).replace(hour=0)
        try:
            with self._making("page") as con:
                compensations = sql_beside(__file__, "day_of_compensations")
                account_days = sql_beside(__file__, "account_days")
                con.execute(f"create table page.compensations as {compensations} limit 0", {"day": start})
                for (day,) in con.execute(COPIED_DAYS, [start]).fetchall():
                    if not is_wanted():
                        raise _UnwantedError
                    con.execute(f"insert into page.compensations {compensations}", {"day": day})
                # An account's days are stored together, so that they are found without reading those of other accounts.
                con.execute(
                    f"create table page.account_days as {account_days} where request_date >= ? order by account_id, hour_at",
                    [start],
                )
        except _UnwantedError:
            return
        self.cursor = Cursors(self._closing.enter_context(self._reading())).take
        self._copied_from = start

    def close(self) -> None:
        """Close the connections and delete the session's own files."""
        self._closing.close()

    def _coverage(self) -> tuple[datetime | None, datetime]:
        """The first hour with data, if any, and the time up to which data is published; without data, the hour of the publication."""
        [(first,)] = self._con.execute("select min(hour_at) from fct_request_hours").fetchall()
        return first, self.publication.data_through or floor_hour(self.publication.published_at)
