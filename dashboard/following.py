"""Opens a session on each new publication, and closes the old session when its last request has been answered."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dashboard.sessions import Session
from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.publication.published_files import damage
from makegood.publication.reading import current_publication
from makegood.settlement.ledger import Ledger
from makegood.settlement.trusting import refuse_what_is_behind

POLL_S = 0.5
PROOF_S = 10.0

log = logging.getLogger(__name__)


class Follower:
    """Holds the session on the newest publication, for which it looks every half second."""

    _scratch: Path

    def __init__(self, home: Home) -> None:
        """`start` opens the first session."""
        self._home, self._warehouse = home, home.warehouse
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._fault = "the page has not started yet"
        self._ledger_fault: str | None = None
        self._proved_at = -PROOF_S
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="publication", daemon=True)

    def start(self, scratch: Path) -> None:
        """Open the newest publication, and follow it in a thread from now on. `scratch` is an existing folder for the sessions' own files."""
        self._scratch = scratch
        self._look()
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and close the session."""
        self._stopped.set()
        self._thread.join()
        self._replace(None)

    @property
    def is_published(self) -> bool:
        """Whether there is a session to read from."""
        return self._session is not None

    @contextmanager
    def session(self) -> Iterator[Session]:
        """The session of one request.

        Raises:
            MakegoodError: nothing is published yet; or the ledger is broken, in which case the page shows nothing at all.
        """
        with self._lock:
            session = self._session
            if session is None or self._ledger_fault is not None:
                raise MakegoodError(self._ledger_fault or self._fault)
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
            session = self._session
            if session is not None and session.may_be_copied and not session.is_copied:
                self._copy(session)

    def _copy(self, session: Session) -> None:
        """Copy the last months for the session. If that fails, the page reads the warehouse itself until the next publication."""
        try:
            session.copy(lambda: not self._stopped.is_set() and self._is_newest(session))
        except (MakegoodError, duckdb.Error, OSError) as error:
            log.warning(
                "the last months of data cannot be copied, so the page is slower until the next publication: %s",
                damage(error) or error,
            )
            session.may_be_copied = False

    def _is_newest(self, session: Session) -> bool:
        return current_publication(self._warehouse).publication_id == session.publication.publication_id

    def _prove(self) -> None:
        """Check every few seconds that the ledger is intact and contains every batch that was published."""
        if time.monotonic() - self._proved_at < PROOF_S:
            return
        try:
            refuse_what_is_behind(self._home, Ledger(self._home.ledger))
            self._ledger_fault = None
        except MakegoodError as error:
            self._ledger_fault = str(error)
        self._proved_at = time.monotonic()

    def _look(self) -> None:
        """Move to a newer publication, if there is one. If that fails, the page stays on the old one, and the next look tries again."""
        try:
            self._prove()
            newest = current_publication(self._warehouse)
            if self._session is None or newest.publication_id != self._session.publication.publication_id:
                self._replace(Session(self._warehouse, self._scratch))
        except MakegoodError as error:
            self._fault = str(error)
        except Exception as error:
            log.exception("the newest publication cannot be opened; the page stays on the previous one")
            self._fault = (
                "the publication cannot be opened; if another version of Makegood made it, run an hour again to make a new one"
                f" ({error})"
            )

    def _replace(self, session: Session | None) -> None:
        with self._lock:
            old, self._session = self._session, session
            is_left = old is not None and old.readers == 0
        if old is not None and is_left:
            old.close()
