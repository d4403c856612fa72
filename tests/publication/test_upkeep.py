"""Upkeep: it makes the warehouse smaller and changes nothing that readers see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import makegood
from running_gateway import FIRST, Gateway, record

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.hours import HOUR
from makegood.publication import upkeep
from makegood.publication.upkeep import maintain
from orchestration.definitions import definitions_for

LATER = timedelta(days=2)


def data_files(gateway: Gateway) -> int:
    return sum(1 for _ in (gateway.root / "warehouse" / "data").rglob("*.parquet"))


def test_upkeep_deletes_what_no_reader_can_see_and_changes_no_published_row(
    started: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "KEPT_PUBLICATIONS", 1)
    gateway, home = started, Home(started.root)
    gateway.land(FIRST + HOUR, [record(f"r{n}", FIRST + HOUR, 700_000) for n in range(30)])
    gateway.run(FIRST + HOUR)
    published = gateway.marts()
    orphan = gateway.root / "warehouse" / "data" / "main" / "orphan.parquet"
    orphan.write_bytes(b"left by a run that was killed")

    first = maintain(home)
    assert first.expired_snapshots > 0
    assert first.deleted_folders == 0
    assert orphan.exists()
    assert gateway.marts() == published
    files = data_files(gateway)

    second = maintain(home, datetime.now(UTC) + LATER)
    assert second.deleted_files > 0
    assert second.deleted_folders > 0
    assert not orphan.exists()
    assert data_files(gateway) <= files - second.deleted_files + 1
    assert gateway.marts() == published

    third = maintain(home, datetime.now(UTC) + LATER)
    assert (third.merged_files, third.deleted_files, third.deleted_folders) == (0, 0, 0)

    gateway.run(FIRST)
    assert gateway.marts() == published


def test_upkeep_without_a_warehouse_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MakegoodError, match="there is no warehouse"):
        maintain(Home(tmp_path))


def test_the_daily_job_runs_the_upkeep(started: Gateway) -> None:
    result = definitions_for(started.settings).resolve_job_def("maintenance").execute_in_process()
    [materialization] = result.get_asset_materialization_events()
    assert materialization.materialization.metadata["deleted folders"].value == 0
    assert started.query("select count(*) from fct_requests") == [(1,)]


def test_the_maintain_command_fails_without_a_traceback_if_there_is_no_warehouse(tmp_path: Path) -> None:
    code, _, err = makegood(tmp_path, "maintain", "--json")
    assert code == 1
    assert "there is no warehouse" in err
    assert "Traceback" not in err
