"""`make dst SEED=7 DAYS=7`: plays a seed's life in a copy of the project, because the simulated policy is its seeds."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("makegood", "orchestration", "models", "dbt_project", "expectations", "dagster.yaml")
HOME_VARIABLE = "MAKEGOOD_SIMULATION"


def main() -> int:
    """Play; 0 where the code and the model agree to the end. A failure names the seed that plays it again."""
    parser = argparse.ArgumentParser(prog="make dst")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=7)
    arguments = parser.parse_args()
    if HOME_VARIABLE in os.environ:
        return play(Path(os.environ[HOME_VARIABLE]), arguments.seed, arguments.days)
    with tempfile.TemporaryDirectory(prefix="makegood-dst-") as folder:
        project = Path(folder) / "project"
        for part in PARTS:
            source, target = ROOT / part, project / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("target", "logs", "__pycache__"))
            else:
                shutil.copy(source, target)
        path = os.pathsep.join((str(project), str(ROOT / "tests")))
        environment = {**os.environ, "PYTHONPATH": path, HOME_VARIABLE: str(Path(folder) / "home")}
        command = [sys.executable, "-m", "simulation", "--seed", str(arguments.seed), "--days", str(arguments.days)]
        return subprocess.run(command, cwd=project, env=environment).returncode


def play(root: Path, seed: int, days: int) -> int:
    """Play in this process, whose project is a copy."""
    from simulation.life import Life

    root.mkdir(parents=True)
    try:
        life = Life(root, seed, lambda text: print(text, flush=True))
        life.play_days(days)
    except Exception:
        traceback.print_exc()
        print(f"seed {seed} fails; play it again with: make dst SEED={seed} DAYS={days}", file=sys.stderr)
        return 1
    print(f"seed {seed}: {days} days, the code and the model agree")
    print("; ".join(f"{event}: {count}" for event, count in life.events.counts.items() if count))
    if missing := life.events.missing():
        print(f"never played: {'; '.join(missing)}")
    return 0


if __name__ == "__main__":
    # Whoever ends it by SIGTERM, such as a time limit, leaves no temporary folder behind either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    raise SystemExit(main())
