"""Sessions of the page at one publication: connections that write nothing, and the session's own copy of what is asked most.

One request takes one session and so reads one snapshot. What is asked of it is in queries.py; following.py moves to newer publications.
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

from makegood.hours import floor_hour
from makegood.publication.reading import current_publication, reading
from makegood.publication.sealing import pin_sealed
from makegood.storage.connections import sql_text

FIGURES = """
create table figures.hours as
select hour_at, compensation_type, model, compensation_count, payout_usd from mart_compensation_hourly order by hour_at;
create table figures.days as
select
    date_trunc('day', hour_at) as hour_at, compensation_type, model,
    sum(compensation_count)::bigint as compensation_count, sum(payout_usd)::decimal(38, 12) as payout_usd,
from figures.hours group by all order by hour_at;
create table figures.posted as
select request_date, account_id, sum(amount_usd) as posted_usd from fct_ledger_entries group by request_date, account_id
"""
# The days that the page asks most about, as DuckDB's own file: it finds a page of rows several times faster than Parquet does.
# Rows lie in the order of time and, within a millisecond, against that of their names: so rowid backwards breaks every tie.
COPY = "create table page.compensations as select {columns} from fct_compensations limit 0"
COPIED_DAYS = "select distinct request_date from fct_request_hours where request_date >= ? order by request_date"
COPY_DAY = """
insert into page.compensations
select {columns} from fct_compensations where request_date = ? order by requested_at, source desc, request_id desc, request_key desc
"""
# An account's days lie together, so that they are found without looking at all others.
ACCOUNT_DAYS = """
select account_id, request_date::timestamp as hour_at, compensation_type, model, compensation_count, payout_usd
from mart_compensation_by_account_daily
"""
COPY_ACCOUNT_DAYS = (
    f"create table page.account_days as {ACCOUNT_DAYS} where request_date >= ? order by account_id, hour_at"
)
COPIED_COLUMNS = (
    "requested_at, model, input_tokens, output_tokens, cost_usd, latency_ms, throughput_tps, finish_reason, payout_usd,"
    " compensation_type, request_id, source, account_id, request_key"
)
COPIED = timedelta(days=92)
TYPES = "select compensation_type, label, description from dim_compensation_types order by precedence"
MADE = ("figures", "page")
"""The session's own files: counts and sums by hour; and the last months, which come later."""
MEMORY_LIMIT, LOOKUP_MEMORY_LIMIT = "256MB", "128MB"
ANSWERS_KEPT = 64


class Cursors:
    """Connections of one's own to an opened database, used again and again."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._idle: LifoQueue[duckdb.DuckDBPyConnection] = LifoQueue()

    @contextmanager
    def take(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One of them."""
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
    """A copy that is not made to its end."""


class Session:
    """Reads at one publication, through connections that write nothing.

    The hourly mart lies in a file of its own, and after a while so do the last months of compensations and of accounts' days.
    Single requests are looked up through a connection that does nothing else.
    """

    def __init__(self, warehouse: Path, scratch: Path) -> None:
        """Open at what is published now.

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
            con.execute(FIGURES)
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
        self.types: list[tuple[str, str, str]] = self._con.execute(TYPES).fetchall()

    @contextmanager
    def _reading(
        self, *, memory_limit: str = MEMORY_LIMIT, for_single_rows: bool = False, writable: Path | None = None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to what is published, and to those files of the session's that are whole by now."""
        made = {name: self._folder / name for name in MADE if (self._folder / name).exists()}
        with reading(
            self._warehouse,
            publication=self.publication,
            pinned=self._catalog,
            beside=made,
            writable=writable,
            memory_limit=memory_limit,
            for_single_rows=for_single_rows,
        ) as (con, _):
            yield con

    @contextmanager
    def writing(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
        """A connection that writes in a folder of its own, which is gone afterwards."""
        with TemporaryDirectory(dir=self._folder) as folder, self._reading(writable=Path(folder)) as con:
            yield con, Path(folder)

    @contextmanager
    def _making(self, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that fills one of the session's files, which takes its place when it is whole."""
        with self.writing() as (con, folder):
            con.execute(f"attach '{sql_text(folder / name)}' as {name}")
            yield con
            con.execute(f"detach {name}")
            (folder / name).rename(self._folder / name)

    def remember(self, asked: Hashable, ask: Callable[[], list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
        """The answer to this question that is remembered, else the one that is found now."""
        with self._lock:
            known = self._answers.get(asked)
        if known is None:
            known = ask()
            with self._lock:
                self._answers[asked] = known
        return known

    @property
    def is_copied(self) -> bool:
        """Whether the last months lie in the session's own file."""
        return self._copied_from is not None

    def facts(self, start: datetime) -> str:
        """The relation with the compensations from `start` on: the session's copy of them where it reaches so far back."""
        return "page.compensations" if self._holds(start) else "fct_compensations"

    def account_days(self, start: datetime) -> str:
        """The relation with the accounts' days from `start` on, likewise."""
        return "page.account_days" if self._holds(start) else f"({ACCOUNT_DAYS})"

    def _holds(self, start: datetime) -> bool:
        return self._copied_from is not None and max(start, self.data_from or start) >= self._copied_from

    def copy(self, is_wanted: Callable[[], bool]) -> None:
        """Copy the last months, day by day, for as long as it is wanted. Until it is whole, the warehouse itself is read."""
        start = (self.data_through - COPIED).replace(hour=0)
        try:
            with self._making("page") as con:
                con.execute(COPY.format(columns=COPIED_COLUMNS))
                for (day,) in con.execute(COPIED_DAYS, [start]).fetchall():
                    if not is_wanted():
                        raise _UnwantedError
                    con.execute(COPY_DAY.format(columns=COPIED_COLUMNS), [day])
                con.execute(COPY_ACCOUNT_DAYS, [start])
        except _UnwantedError:
            return
        self.cursor = Cursors(self._closing.enter_context(self._reading())).take
        self._copied_from = start

    def close(self) -> None:
        """Let go of the snapshot, and of its copy."""
        self._closing.close()

    def _coverage(self) -> tuple[datetime | None, datetime]:
        """From which hour to the end of which one the publication has data; without any, the end is that of its last hour."""
        row = self._con.execute("select min(hour_at) from fct_request_hours").fetchone()
        first = row[0] if row else None
        return first, self.publication.data_through or floor_hour(self.publication.published_at)
