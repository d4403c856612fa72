"""Fixtures of the settlement tests: a new warehouse for each test."""

from pathlib import Path

import pytest
from settled_home import Warehouse


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)
