"""Follows the publication: a session at each new one, the old one closed when nobody reads it any more.

One request takes one session and so reads one snapshot. What is asked of it is in queries.py.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

import duckdb

from dashboard.filters import Selection
from orchestration.errors import MakegoodError
from orchestration.hours import floor_hour
from orchestration.publication.reading import current_publication, reading

HOURS = """
create table memory.hours as
select hour_at, compensation_type, model, compensation_count, payout_usd from mart_compensation_hourly order by hour_at
"""
ACCOUNT_HOURS = """
create table memory.account_hours (
    account_id varchar, hour_at timestamp, compensation_type varchar, model varchar,
    compensation_count bigint, payout_usd decimal(38, 12)
)
"""
ONE_ACCOUNT = """
insert into memory.account_hours
select account_id, date_trunc('hour', requested_at) as hour_at, compensation_type, model, count(*), sum(payout_usd)
from fct_compensations where account_id = ?
group by account_id, date_trunc('hour', requested_at), compensation_type, model
order by hour_at
"""
TYPES = "select compensation_type, label, description from dim_compensation_types order by precedence"
MEMORY_LIMIT = "320MB"
POLL_S = 0.5
COUNTS_KEPT = 64

log = logging.getLogger(__name__)


class Session:
    """Reads at one publication. The small hourly mart is held in memory; an account's hours are, from its first question on."""

    def __init__(self, warehouse: Path, scratch: Path) -> None:
        """Open at what is published now.

        Raises:
            MakegoodError: nothing is published yet.
        """
        self._closing = ExitStack()
        self._con, self.publication = self._closing.enter_context(
            reading(warehouse, scratch=scratch, memory_limit=MEMORY_LIMIT)
        )
        self._idle: LifoQueue[duckdb.DuckDBPyConnection] = LifoQueue()
        self._accounts: set[str] = set()
        self._lock = threading.Lock()
        self.scratch = scratch
        self.readers = 0
        self._counts: dict[Selection, list[tuple[Any, ...]]] = {}
        self._con.execute(HOURS)
        self._con.execute(ACCOUNT_HOURS)
        tables = self._con.execute("select table_name from information_schema.tables where table_catalog = 'makegood'")
        self._tables = {row[0] for row in tables.fetchall()}
        self.data_from, self.data_through = self._coverage()
        self.types: list[tuple[str, str, str]] = self._con.execute(TYPES).fetchall()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own to the session's snapshot."""
        try:
            cursor = self._idle.get_nowait()
        except Empty:
            cursor = self._con.cursor()
            cursor.execute("use makegood")
        try:
            yield cursor
        finally:
            self._idle.put(cursor)

    def hold_account(self, account: str) -> None:
        """See to it that `memory.account_hours` holds this account's hours."""
        with self._lock, self.cursor() as cursor:
            if account not in self._accounts:
                cursor.execute(ONE_ACCOUNT, [account])
                self._accounts.add(account)

    def remember(self, selection: Selection, ask: Callable[[], list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
        """What was asked about a selection before, or now."""
        known = self._counts.get(selection)
        if known is None:
            known = ask()
            with self._lock:
                if len(self._counts) >= COUNTS_KEPT:
                    self._counts.pop(next(iter(self._counts)))
                self._counts[selection] = known
        return known

    def has(self, table: str) -> bool:
        """Whether the publication holds this table."""
        return table in self._tables

    def close(self) -> None:
        """Let go of the snapshot."""
        self._closing.close()

    def _coverage(self) -> tuple[datetime | None, datetime]:
        """From which hour to the end of which one the publication has data; without any, the end is that of its last hour."""
        row = self._con.execute("select min(hour_at) from fct_request_hours").fetchone()
        first = row[0] if row else None
        return first, self.publication.data_through or floor_hour(self.publication.published_at)


class Follower:
    """Keeps the session at the last publication; looks for a newer one every half second."""

    def __init__(self, warehouse: Path, scratch: Path) -> None:
        """Nothing is opened before `start`."""
        self._warehouse, self._scratch = warehouse, scratch
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="publication", daemon=True)

    def start(self) -> None:
        """Open what is published, and follow it from now on."""
        self._look()
        self._thread.start()

    def stop(self) -> None:
        """Follow no more, and close."""
        self._stopped.set()
        self._thread.join()
        self._replace(None)

    @property
    def is_published(self) -> bool:
        """Whether there is anything to read."""
        return self._session is not None

    @contextmanager
    def session(self) -> Iterator[Session]:
        """The session of one request.

        Raises:
            MakegoodError: nothing is published yet.
        """
        with self._lock:
            session = self._session
            if session is None:
                raise MakegoodError("nothing is published yet: run `makegood run --from … --to …` first")
            session.readers += 1
        try:
            yield session
        finally:
            with self._lock:
                session.readers -= 1
                is_left = session.readers == 0 and session is not self._session
            if is_left:
                session.close()

    def _follow(self) -> None:
        while not self._stopped.wait(POLL_S):
            self._look()

    def _look(self) -> None:
        """Move to a newer publication. Where that fails, the page stays at the old one and the next look tries again."""
        try:
            newest = current_publication(self._warehouse)
            if self._session is None or newest.publication_id != self._session.publication.publication_id:
                self._replace(Session(self._warehouse, self._scratch))
        except MakegoodError as error:
            log.info("%s", error)
        except Exception:
            log.exception("the newest publication cannot be opened; the page stays at the one before")

    def _replace(self, session: Session | None) -> None:
        with self._lock:
            old, self._session = self._session, session
            is_left = old is not None and old.readers == 0
        if old is not None and is_left:
            old.close()
