"""Every kind of session that Makegood opens for readers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from dashboard.sessions import Session
from makegood.publication.reading import reading


@contextmanager
def plain(warehouse: Path, _: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with reading(warehouse) as (con, _):
        yield con


@contextmanager
def of_the_page(warehouse: Path, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    session = Session(warehouse, scratch)
    session.copy(lambda: True)
    with closing(session), session.cursor() as cursor:
        yield cursor


@contextmanager
def of_single_rows(warehouse: Path, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    session = Session(warehouse, scratch)
    with closing(session), session.lookup() as cursor:
        yield cursor


@contextmanager
def of_an_export(warehouse: Path, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    session = Session(warehouse, scratch)
    with closing(session), session.writing() as (con, _):
        yield con


OPENINGS = (plain, of_the_page, of_single_rows, of_an_export)
