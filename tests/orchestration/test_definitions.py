"""Dagster's definitions: partitions, one run for a range, descriptions, and schedules with a look-back."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest
from running_gateway import FIRST, Gateway, auditor, record

from makegood.hours import HOUR
from makegood.publication.querying import answer
from orchestration.automation import hourly_schedule, settlement_schedule
from orchestration.definitions import definitions_for
from orchestration.partitions import A_MONTH_A_RUN, DAILY, HOURLY, ONE_RUN, partition_key
from orchestration.resources import NO_ROWS_IN_WINDOW


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return definitions_for(Gateway(tmp_path_factory.mktemp("definitions")).settings)


def test_tables_are_hourly_settlements_daily_views_and_seeds_unpartitioned_and_all_are_described(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    nodes = json.loads((Path(os.environ["DBT_TARGET_PATH"]) / "manifest.json").read_text())["nodes"].values()
    fixed = {
        node["name"]
        for node in nodes
        if node["resource_type"] == "seed" or (node["config"]["materialized"] == "view" and "marts" in node["fqn"])
    }
    assert {"compensation_rules", "dim_models"} <= fixed
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        partitions = {"settlement": DAILY, "upkeep": None}.get(node.group_name, HOURLY)
        if key.to_user_string() in fixed:
            partitions = None
        assert node.partitions_def == partitions, key
        is_hourly = partitions == HOURLY or key.to_user_string() in fixed
        assert node.backfill_policy == (A_MONTH_A_RUN if is_hourly else ONE_RUN), key
        assert node.description, key
        assert node.group_name != "default", key
        assert node.kinds, key
        assert node.owners, key


def test_tables_show_their_columns_with_descriptions(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for name in ("request_logs", "fct_requests", "fct_compensations", "mart_compensation_hourly"):
        schema = graph.get(dg.AssetKey(name)).metadata["dagster/column_schema"]
        assert isinstance(schema, dg.TableSchema)
        assert len(schema.columns) > 5
        if name != "request_logs":
            assert all(column.description and column.type for column in schema.columns), name


def test_publication_depends_on_every_table_and_blocking_check(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    upstream = graph.get(dg.AssetKey("published_snapshot")).parent_keys
    assert dg.AssetKey("fct_requests") in upstream
    blocking = {
        key.asset_key.to_user_string()
        for key in graph.asset_check_keys
        if graph.get(key).blocking and key.name == "expectations"
    }
    assert {"fct_requests", "fct_compensations", "mart_compensation_hourly"} <= blocking


def test_the_schedule_requests_the_last_full_hour_with_a_look_back(definitions: dg.Definitions) -> None:
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 1, 5, 5, tzinfo=UTC))
    request = hourly_schedule(context)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == partition_key(datetime(2026, 11, 1, 4))
    landing = {"config": {"lookback_hours": 48}}
    assert request.run_config == {"ops": {"request_logs": landing, "content_assessments": landing}}


def test_the_daily_settlement_posts_to_the_period_of_its_day(definitions: dg.Definitions) -> None:
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 3, 7, 45, tzinfo=UTC))
    request = settlement_schedule(context)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2026-11-03"
    graph = definitions.resolve_asset_graph()
    assert [key.name for key in graph.asset_check_keys if key.asset_key == dg.AssetKey("ledger_batches")] == [
        "nothing_is_left_due"
    ]


@dataclass(frozen=True)
class TwoRuns:
    """The first run of a new home, and the scheduled run of the next hour, before which a late file came."""

    home: Gateway
    results: tuple[dg.ExecuteInProcessResult, dg.ExecuteInProcessResult]


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> TwoRuns:
    gateway = Gateway(tmp_path_factory.mktemp("two-runs"))
    job = definitions_for(gateway.settings, auditor()).resolve_job_def("hourly")
    gateway.land(FIRST, [record("first", FIRST + timedelta(minutes=1))])
    new_home = job.execute_in_process(partition_key=partition_key(FIRST))
    gateway.land(FIRST, [record("late", FIRST + timedelta(minutes=2), status_code="503")], "late.jsonl")
    gateway.land(FIRST + HOUR, [record("second", FIRST + HOUR)])
    scheduled = job.execute_in_process(
        partition_key=partition_key(FIRST + HOUR),
        run_config={"ops": {"request_logs": {"config": {"lookback_hours": 48}}}},
    )
    return TwoRuns(gateway, (new_home, scheduled))


def test_a_scheduled_run_finds_late_files_and_reports_the_additional_hours(two_runs: TwoRuns) -> None:
    assert answer(two_runs.home.root, "select request_id, payout_usd > 0 from fct_requests order by 1")[1] == [
        ("first", False),
        ("late", True),
        ("second", False),
    ]
    materializations = [
        event.materialization
        for event in two_runs.results[1].get_asset_materialization_events()
        if event.materialization.asset_key == dg.AssetKey("fct_requests") and event.partition == partition_key(FIRST)
    ]
    assert materializations[0].tags is not None
    assert materializations[0].tags["late_from"] == "2026-11-01T01_to_2026-11-01T02"


def test_views_and_seeds_are_built_once_and_every_window_runs_all_data_tests(two_runs: TwoRuns) -> None:
    materialized = [
        {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}
        for result in two_runs.results
    ]
    checked = [
        {(check.asset_key, check.check_name) for check in result.get_asset_check_evaluations()}
        for result in two_runs.results
    ]
    assert {"compensation_rules", "dim_models", "mart_compensation_daily"} <= materialized[0] - materialized[1]
    assert {"fct_requests", "mart_compensation_hourly", "published_snapshot"} <= materialized[1]
    assert checked[0] == checked[1]
    assert len(checked[0]) > 20


def test_an_hour_without_files_is_made_and_judged_without_deriving_anything(gateway: Gateway) -> None:
    definitions = definitions_for(gateway.settings, auditor())
    job, results = definitions.resolve_job_def("hourly"), []
    gateway.land(FIRST, [record("failed", FIRST, status_code="503")])
    for hour in range(2):
        results.append(job.execute_in_process(partition_key=partition_key(FIRST + HOUR * hour)))
    derived_checks, empty = ({(check.asset_key, check.check_name) for check in result.get_asset_check_evaluations()} for result in results)  # fmt: skip
    assert empty == derived_checks
    check_results = {
        check.check_name: (check.passed, check.description) for check in results[1].get_asset_check_evaluations()
    }
    assert check_results.pop("nothing_lost") == (True, None)
    assert set(check_results.values()) == {(True, NO_ROWS_IN_WINDOW)}
    graph = definitions.resolve_asset_graph()
    hourly = {key for key in graph.materializable_asset_keys if graph.get(key).partitions_def == HOURLY}
    materialized = {event.asset_key for event in results[1].get_asset_materialization_events() if event.partition == partition_key(FIRST + HOUR)}  # fmt: skip
    assert materialized == hourly
    assert answer(gateway.root, "select request_id, payout_usd from fct_requests")[1] == [("failed", Decimal("0.01"))]
    measured = [measurement for suite in auditor().audit(gateway.root) for measurement in suite.measurements]
    assert {measurement.outcome for measurement in measured} == {"no data"}


def test_a_backfill_of_the_partitioned_assets_builds_a_complete_new_home(gateway: Gateway) -> None:
    gateway.land(FIRST, [record("failed", FIRST, status_code="503")])
    definitions = definitions_for(gateway.settings)
    graph = definitions.resolve_asset_graph()
    job = definitions.resolve_job_def("hourly")
    hourly = [key for key in graph.materializable_asset_keys if graph.get(key).partitions_def == HOURLY]
    result = job.execute_in_process(partition_key=partition_key(FIRST), asset_selection=hourly)
    assert result.success
    assert answer(gateway.root, "select compensation_type from mart_compensation_details")[1] == [("service_failure",)]
    assert answer(gateway.root, "select count(*) > 0 from dim_compensation_rules")[1] == [(True,)]
