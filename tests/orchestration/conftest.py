"""A gateway with a fresh home for each test."""

from pathlib import Path

import pytest
from running_gateway import Gateway


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)
