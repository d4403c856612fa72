"""A gateway with a fresh home for each test."""

from pathlib import Path

import pytest
from running_gateway import FIRST, Gateway, record, verdict


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    """A home with one published hour of logs and verdicts. Tests that change it copy it first."""
    gateway = Gateway(tmp_path_factory.mktemp("published"))
    gateway.lands(FIRST, [record(f"r{n}", FIRST, status_code="503", account_id=f"a{n % 3}") for n in range(9)])
    gateway.lands(FIRST, [verdict("r1", FIRST), verdict("r2", FIRST)], feed="judge")
    gateway.runs(FIRST)
    return gateway
