"""Fixtures for the tests of the audits: homes with warehouse tables to audit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from audited_home import DAY, REQUESTS, Home


@pytest.fixture
def empty_home(tmp_path: Path) -> Iterator[Home]:
    """A home whose warehouse tables are empty. The window is one hour."""
    home = Home(tmp_path / "home")
    yield home
    home.connection.close()


@pytest.fixture
def home(empty_home: Home) -> Home:
    """A home with one good, complete hour in the window and a week of good history."""
    empty_home.execute("begin transaction")
    empty_home.add("fct_requests", REQUESTS)
    empty_home.add("fct_compensations", 40)
    for day in (DAY, DAY - timedelta(days=1)):
        empty_home.add("fct_content_assessments", REQUESTS, day)
    for table in ("mart_compensation_hourly", "fct_requests_hourly", "fct_request_hours", "fct_landing_files"):
        empty_home.add(table)
    empty_home.add_history()
    empty_home.execute("commit")
    return empty_home
