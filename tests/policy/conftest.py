"""Fixtures of the policy tests: a copy of the shipped seeds for each test."""

import shutil
from pathlib import Path

import pytest
from edited_seeds import Seeds

from makegood.policy.seeds import SEEDS


@pytest.fixture
def seeds(tmp_path: Path) -> Seeds:
    shutil.copytree(SEEDS, tmp_path / "seeds")
    return Seeds(tmp_path / "seeds")
