"""Every kind of session that Makegood opens for readers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from dashboard.sessions import Session
from makegood.publication.reading import reading


@contextmanager
def command_session(warehouse: Path, _: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with reading(warehouse) as (con, _):
        yield con


@contextmanager
def page_session(warehouse: Path, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    session = Session(warehouse, scratch)
    session.copy(lambda: True)
    with closing(session), session.cursor() as cursor:
        yield cursor


@contextmanager
def lookup_session(warehouse: Path, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    session = Session(warehouse, scratch)
    with closing(session), session.lookup() as cursor:
        yield cursor


@contextmanager
def export_session(warehouse: Path, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    session = Session(warehouse, scratch)
    with closing(session), session.writing() as (con, _):
        yield con


OPENINGS = (command_session, page_session, lookup_session, export_session)
