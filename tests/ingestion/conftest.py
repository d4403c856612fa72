"""Fixtures for the landing tests: a landing area for LiteLLM records, and the SQL macros that redact texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from landing_place import Place, make_place

from makegood.ingestion import redacting


@pytest.fixture
def litellm(tmp_path: Path) -> Iterator[Place]:
    """A place whose landing files hold LiteLLM's records."""
    place = make_place(tmp_path, "litellm")
    yield place
    place.inventory.close()


@pytest.fixture(scope="module")
def macros() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the macros by which landing checks and redacts texts."""
    with duckdb.connect() as con:
        con.execute(redacting.macros_sql())
        yield con
