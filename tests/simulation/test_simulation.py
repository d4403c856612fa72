"""Simulated days: whatever a gateway, its policy and its operators do, the code and the model agree on every decision and every sum."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("seed", [2])
def test_the_days_of_a_seed_agree_with_the_model(seed: int) -> None:
    played = subprocess.run(
        [sys.executable, "-m", "simulation", "--seed", str(seed), "--days", "3"],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
    )
    assert played.returncode == 0, played.stdout[-2000:] + played.stderr[-4000:]
