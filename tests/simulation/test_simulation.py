"""A week of a simulated gateway: whatever a gateway, its policy and its operators do, the code and the model agree on every decision and sum."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_a_week_agrees_with_the_model_and_holds_every_event() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "simulation", "--seed", "1", "--days", "7"],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    assert "never played" not in result.stdout, result.stdout[-2000:]
