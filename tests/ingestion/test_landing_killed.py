"""Landing that is killed leaves the lake unchanged, and the next landing does all of the work."""

import signal
import subprocess
import sys

import pytest
from landing_place import HOUR, Place, lines

CRASHES = {
    "while parts are written": "threading.Thread(target=watch).start(); killing = Inventory",
    "when all parts are written": "killing = type('Killing', (Inventory,), {'replace': lambda self, *_: die()})",
    "inside the inventory's transaction": (
        "killing = type('Killing', (Inventory,), {'replace': lambda self, landed, *_: Inventory.replace(self, half(landed))})"
    ),
}
CRASHING = """
import os, signal, sys, threading
from datetime import datetime
from pathlib import Path
from makegood.ingestion import groups, landing
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.finding import find_files
from makegood.ingestion.sources import ADAPTERS, Source

home = Path(sys.argv[1])
groups.GROUP_BYTES = 1

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def half(landed):
    yield landed[0]
    die()

def watch():
    before = set((home / "lake").rglob("*.parquet"))
    while set((home / "lake").rglob("*.parquet")) == before:
        pass
    die()

{crash}
source = Source("gateway", ADAPTERS / "canonical.sql", str(home / "landing/gateway/{{date}}/{{hour}}/*"))
files = find_files([source], [datetime.fromisoformat(sys.argv[2])], home)
landing.land(files, home / "lake", killing(home / "lake" / "inventory.sqlite"))
"""


@pytest.mark.parametrize("moment", CRASHES)
def test_a_killed_landing_keeps_the_old_rows_and_the_next_one_lands_the_new_ones(place: Place, moment: str) -> None:
    names = [f"{number:02}.jsonl" for number in range(30)]
    for name in names:
        place.put(name, lines(f"old-{name}"))
    place.land()
    for name in names:
        place.put(name, lines(f"new-{name}", f"more-{name}"))
    script = CRASHING.format(crash=CRASHES[moment])
    process = subprocess.run([sys.executable, "-c", script, str(place.home), HOUR.isoformat()], check=False)
    assert process.returncode == -signal.SIGKILL
    assert sorted(place.ids()) == sorted(f"old-{name}" for name in names)
    assert len(place.land()) == 30
    assert sorted(place.ids()) == sorted(f"{kind}-{name}" for name in names for kind in ("new", "more"))
