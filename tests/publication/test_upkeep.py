"""Upkeep makes the warehouse smaller and changes nothing that anybody reads."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from running_gateway import FIRST, Gateway, record

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.hours import HOUR
from makegood.publication import upkeep
from makegood.publication.upkeep import maintain
from orchestration.definitions import definitions_for

TOMORROW = timedelta(days=2)


def data_files(gateway: Gateway) -> int:
    return sum(1 for _ in (gateway.root / "warehouse" / "data").rglob("*.parquet"))


def test_upkeep_deletes_what_no_reader_can_see_and_no_number_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "KEPT_PUBLICATIONS", 1)
    gateway, home = Gateway(tmp_path), Home(tmp_path)
    for hour in (FIRST, FIRST + HOUR):
        gateway.lands(hour, [record(f"{hour:%H}-{n}", hour, 700_000) for n in range(30)])
        gateway.runs(hour)
    published = gateway.marts()
    orphan = tmp_path / "warehouse" / "data" / "main" / "orphan.parquet"
    orphan.write_bytes(b"left by a run that was killed")

    young = maintain(home)
    assert young.expired_snapshots > 0
    assert young.deleted_folders == 0
    assert orphan.exists()
    assert gateway.marts() == published
    files = data_files(gateway)

    done = maintain(home, datetime.now(UTC) + TOMORROW)
    assert done.deleted_files > 0
    assert done.deleted_folders > 0
    assert not orphan.exists()
    assert data_files(gateway) <= files - done.deleted_files + 1
    assert gateway.marts() == published

    again = maintain(home, datetime.now(UTC) + TOMORROW)
    assert (again.merged_files, again.deleted_files, again.deleted_folders) == (0, 0, 0)

    gateway.runs(FIRST)
    assert gateway.marts() == published


def test_upkeep_of_no_warehouse_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MakegoodError, match="there is no warehouse"):
        maintain(Home(tmp_path))


def test_the_daily_job_tidies_the_home(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.lands(FIRST, [record("a", FIRST)])
    gateway.runs(FIRST)
    result = definitions_for(gateway.settings).resolve_job_def("maintenance").execute_in_process()
    [tidied] = result.get_asset_materialization_events()
    assert tidied.materialization.metadata["deleted folders"].value == 0
    assert gateway.sees("select count(*) from fct_requests") == [(1,)]


def test_the_command_prints_what_it_did_or_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "orchestration", "maintain", "--json"]
    failed = subprocess.run(command, env={"MAKEGOOD_HOME": str(tmp_path)}, capture_output=True, text=True)
    assert failed.returncode == 1
    assert "there is no warehouse" in failed.stderr
    assert "Traceback" not in failed.stderr
