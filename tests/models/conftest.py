"""Fixtures for the tests of the models: homes that dbt builds into, and the compiled SQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_here import failures, results_of
from derived_home import Home


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def home(scratch: Path) -> Home:
    """An empty home. It has the same path in every test, so that dbt parses the project only once."""
    home = Home(scratch / "home", scratch / "target")
    home.empty()
    return home


@pytest.fixture(scope="session")
def session_home(scratch: Path) -> Home:
    """A home for fixtures that are shared by all tests of a session."""
    home = Home(scratch / "session_home", scratch / "session_target")
    home.empty()
    return home


@pytest.fixture(scope="session")
def compiled(session_home: Home) -> dict[str, str]:
    """The SQL of every model and data test, by name."""
    result = session_home.dbt("compile")
    assert result.success, failures(result)
    return {node.node.name: node.node.compiled_code for node in results_of(result) if node.node.resource_type != "seed"}
