"""The tuned Dagster storage is compatible with Dagster's own, and stores few events for a range of partitions."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration.partitions import HOURLY, ONE_RUN, partition_key

TUNED_STORAGE = {"custom": {"module": "orchestration.storage", "class": "Storage"}}
FIRST, LAST = (partition_key(datetime(2026, 11, 1, hour)) for hour in (0, 4))


def instance(folder: Path, *, is_tuned: bool) -> dg.DagsterInstance:
    config = {"base_dir": str(folder)}
    storage = {"custom": TUNED_STORAGE["custom"] | {"config": config}} if is_tuned else {"sqlite": config}
    return dg.DagsterInstance.from_ref(
        dg._core.instance.InstanceRef.from_dir(
            str(folder), overrides={"storage": storage, "telemetry": {"enabled": False}}
        )
    )


@dg.asset(partitions_def=HOURLY, backfill_policy=ONE_RUN)
def succeeding() -> None:
    """An asset that always succeeds."""


@dg.asset(partitions_def=HOURLY, backfill_policy=ONE_RUN, deps=[succeeding])
def failing() -> None:
    """An asset that always fails."""
    raise ValueError("on purpose")


@dg.asset_check(asset=succeeding)
def looks_right() -> dg.AssetCheckResult:
    """An asset check that always passes."""
    return dg.AssetCheckResult(passed=True)


def execute_run(storage: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """One run over five hours, of which one asset is made and one fails."""
    job = dg.Definitions(
        assets=[succeeding, failing],
        asset_checks=[looks_right],
        jobs=[dg.define_asset_job("all", executor_def=dg.in_process_executor)],
    ).resolve_job_def("all")
    return job.execute_in_process(
        instance=storage,
        raise_on_error=False,
        tags={"dagster/asset_partition_range_start": FIRST, "dagster/asset_partition_range_end": LAST},
    )


@pytest.fixture(params=[True, False], ids=["written by the tuned storage", "written by Dagster's own"])
def history(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[dg.DagsterInstance, str]]:
    """A run's record, written by one storage and read by the other."""
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")
    with instance(tmp_path, is_tuned=request.param) as writer:
        run_id = execute_run(writer).run_id
    with instance(tmp_path, is_tuned=not request.param) as reader:
        yield reader, run_id


def test_each_storage_reads_the_records_of_the_other(history: tuple[dg.DagsterInstance, str]) -> None:
    reader, run_id = history
    run = reader.get_run_by_id(run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.FAILURE
    assert len(reader.get_materialized_partitions(succeeding.key)) == 5
    assert reader.get_materialized_partitions(failing.key) == set()
    events = Counter(event.dagster_event_type for event in reader.all_logs(run_id))
    assert events[dg.DagsterEventType.ASSET_MATERIALIZATION] == 5
    assert events[dg.DagsterEventType.ASSET_CHECK_EVALUATION] == 1
    assert events[dg.DagsterEventType.STEP_FAILURE] == 1
    last = reader.get_latest_materialization_event(succeeding.key)
    assert last is not None
    assert last.run_id == run_id


def test_planning_a_range_stores_one_event_per_asset(tmp_path: Path) -> None:
    with instance(tmp_path, is_tuned=True) as storage:
        run_id = execute_run(storage).run_id
        planned = [
            event
            for event in storage.all_logs(run_id)
            if event.dagster_event_type == dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
        ]
    assert len(planned) == 2


def test_followers_of_a_run_receive_its_events_while_it_is_running(tmp_path: Path) -> None:
    received = threading.Event()
    with instance(tmp_path, is_tuned=True) as storage, instance(tmp_path, is_tuned=True) as follower:
        run = storage.create_run_for_job(dg.Definitions(assets=[succeeding]).resolve_implicit_global_asset_job_def())
        follower.watch_event_logs(run.run_id, None, lambda event, cursor: received.set())
        storage.report_engine_event("working", run)
        assert received.wait(timeout=60)
