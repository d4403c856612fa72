"""Upkeep makes the warehouse smaller and changes nothing that anybody reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from damaging import makegood
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
    started: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "KEPT_PUBLICATIONS", 1)
    gateway, home = started, Home(started.root)
    gateway.lands(FIRST + HOUR, [record(f"r{n}", FIRST + HOUR, 700_000) for n in range(30)])
    gateway.runs(FIRST + HOUR)
    published = gateway.marts()
    orphan = gateway.root / "warehouse" / "data" / "main" / "orphan.parquet"
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


def test_the_daily_job_tidies_the_home(started: Gateway) -> None:
    result = definitions_for(started.settings).resolve_job_def("maintenance").execute_in_process()
    [tidied] = result.get_asset_materialization_events()
    assert tidied.materialization.metadata["deleted folders"].value == 0
    assert started.sees("select count(*) from fct_requests") == [(1,)]


def test_the_command_prints_what_it_did_or_one_sentence(tmp_path: Path) -> None:
    code, _, err = makegood(tmp_path, "maintain", "--json")
    assert code == 1
    assert "there is no warehouse" in err
    assert "Traceback" not in err
