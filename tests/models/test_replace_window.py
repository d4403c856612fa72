"""A run replaces its window and nothing else: rerun, emptied hour, range against hours, unchanged policy."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from derived_home import ROOT, Delivery, Home, assessment, delivery

MIDNIGHT = datetime.fromisoformat("2026-11-01")
SNAPSHOTS = "select snapshot_id, changes from ducklake_snapshots('makegood') order by snapshot_id"
OUTCOMES: dict[int, dict[str, Any]] = {
    0: {"status_code": "503"},
    1: {"latency_ms": 700_000},
    2: {"cost_usd": None, "latency_ms": 700_000},
}
HOURS = [MIDNIGHT + timedelta(hours=hour) for hour in (22, 23, 24)]
VERDICTS = [assessment(f"{hour:%d%H}-3", hour, account_id="account-0") for hour in HOURS]


def day_of_deliveries() -> list[Delivery]:
    """Three hours over midnight with slow, failed, repeated and moved requests."""
    rows: list[Delivery] = []
    for hour in HOURS:
        for number in range(8):
            outcome = OUTCOMES.get(number, {})
            rows.append(
                delivery(
                    f"{hour:%d%H}-{number}",
                    hour + timedelta(minutes=7 * number),
                    account_id=f"account-{number % 3}",
                    model=f"maker/model-{number % 2}",
                    landing_file=f"landing/{hour:%d%H}.jsonl",
                    landing_line=number + 1,
                    **outcome,
                )
            )
    first, *_, last = rows
    late = {"landed_hour": HOURS[-1] + timedelta(hours=5), "landing_file": "landing/late.jsonl"}
    rows.append({**first, **late, "landing_line": 1, "cost_usd": "0.5", "meta": None})
    rows.append(delivery(first["request_id"], HOURS[2], **late | {"landing_line": 2, "latency_ms": 5}))
    rows.append(delivery(last["request_id"], HOURS[0], **late | {"landing_line": 3, "status_code": "500"}))
    return rows


@dataclass
class DerivedTwice:
    """A home whose three hours were derived, and derived again."""

    home: Home
    first_contents: dict[str, list[tuple[Any, ...]]]
    second_contents: dict[str, list[tuple[Any, ...]]]
    first_snapshots: list[tuple[Any, ...]]
    second_snapshots: list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def derived_twice(scratch: Path) -> DerivedTwice:
    home = Home(scratch / "derived_twice", scratch / "derived_twice_target")
    home.empty()
    home.build(day_of_deliveries(), HOURS, VERDICTS)
    first_contents, first = home.contents(), home.query(SNAPSHOTS)
    home.build(day_of_deliveries(), HOURS, VERDICTS)
    return DerivedTwice(home, first_contents, home.contents(), first, home.query(SNAPSHOTS)[len(first) :])


def test_running_hours_again_gives_the_same_rows(derived_twice: DerivedTwice) -> None:
    assert derived_twice.second_contents == derived_twice.first_contents
    assert derived_twice.first_contents["fct_compensations"]
    assert len(derived_twice.first_contents["fct_content_assessments"]) == len(VERDICTS)


def test_an_unchanged_policy_and_unchanged_views_are_not_written_again(derived_twice: DerivedTwice) -> None:
    replaced = [name for name in derived_twice.home.relations("BASE TABLE") if name.startswith(("fct_", "mart_"))]
    assert len(derived_twice.second_snapshots) == len(replaced)
    assert not any("created" in str(changes) for changes in derived_twice.second_snapshots)


def test_seeds_arrive_as_exact_decimals(derived_twice: DerivedTwice) -> None:
    assert derived_twice.home.query(
        "select cast(payout_rate as varchar), typeof(payout_rate) from compensation_rules where rule_id = 'HL-4'"
    ) == [("0.1000", "DECIMAL(5,4)")]
    assert derived_twice.home.query(
        "select cast(input_price_usd as varchar), typeof(input_price_usd)"
        " from model_prices where model = 'openai/gpt-4o-mini'"
    ) == [("0.000000150000000", "DECIMAL(20,15)")]


def test_facts_are_partitioned_by_day(derived_twice: DerivedTwice) -> None:
    partitioned = derived_twice.home.query(
        "select table_name, column_name from __ducklake_metadata_makegood.ducklake_partition_column"
        " inner join __ducklake_metadata_makegood.ducklake_table using (table_id)"
        " inner join __ducklake_metadata_makegood.ducklake_column using (table_id, column_id) order by all"
    )
    assert partitioned == [
        ("fct_compensations", "request_date"),
        ("fct_content_assessments", "request_date"),
        ("fct_landing_files", "landed_date"),
        ("fct_ledger_entries", "settled_date"),
        ("fct_request_hours", "request_date"),
        ("fct_requests", "request_date"),
        ("fct_requests_hourly", "request_date"),
        ("mart_compensation_by_account_daily", "request_date"),
        ("mart_compensation_hourly", "request_date"),
    ]


def test_views_read_the_warehouse_alone(derived_twice: DerivedTwice) -> None:
    (derived_twice.home.warehouse / "run.duckdb").unlink()
    for view in derived_twice.home.relations("VIEW"):
        derived_twice.home.query(f"select * from {view}")


def test_a_range_and_its_hours_in_any_order_give_the_same_rows(derived_twice: DerivedTwice, home: Home) -> None:
    rows = day_of_deliveries()
    for hour in (HOURS[1], HOURS[2], HOURS[0]):
        home.build(rows, [hour], VERDICTS)
    by_hour = home.contents()
    del by_hour["fct_landing_files"]  # belongs to landing hours, which this test does not vary
    assert by_hour == {name: derived_twice.first_contents[name] for name in by_hour}


def test_an_hour_that_became_empty_keeps_no_rows_and_its_neighbour_keeps_them_all(home: Home) -> None:
    rows = day_of_deliveries()
    home.build(rows, HOURS[:2])
    neighbour = "select * from fct_requests where request_hour = 23 order by all"
    before = home.query(neighbour)
    home.build([row for row in rows if row["request_hour"] != 22], HOURS[:1])
    for table in ("fct_requests", "fct_compensations", "fct_requests_hourly", "mart_compensation_hourly"):
        assert home.query(f"select count(*) from {table} where request_hour = 22") == [(0,)]
    assert home.query("select landed_count, current_count from fct_request_hours where request_hour = 22") == [(0, 0)]
    assert home.query(neighbour) == before
    assert home.query("select sum(compensation_count) from mart_compensation_by_account_daily") == home.query(
        "select count(*) from fct_compensations"
    )


def test_a_batch_whose_entries_could_not_be_loaded_does_not_count_as_loaded(home: Home) -> None:
    with duckdb.connect(str(home.warehouse / "run.duckdb")) as con:
        con.execute("alter table ledger_entries rename column amount_usd to lost")
    assert not home.dbt(
        "build", "--select", "fct_ledger_batches", "fct_ledger_entries", "--exclude-resource-type", "unit_test"
    ).success
    assert home.relations("BASE TABLE") == []
    home.build([], [])
    assert home.query("select batch_id, (select count(*) from fct_ledger_entries) from fct_ledger_batches") == [(1, 1)]


def test_a_changed_policy_and_a_changed_view_are_written(home: Home, tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(ROOT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copytree(ROOT / "models", tmp_path / "models")
    changing = Home(home.path, tmp_path / "target", project)
    coverage, rules = project / "seeds/account_coverage.csv", project / "seeds/compensation_rules.csv"
    view = tmp_path / "models/marts/mart_compensation_by_type_daily.sql"
    no_exceptions = coverage.read_text()

    coverage.write_text(no_exceptions + "acme,false,2026-01-01 00:00:00,\n")
    changing.build([delivery("failed", HOURS[0], status_code="503")], HOURS[:1])
    assert changing.query("select reason_code from fct_requests") == [("not_covered",)]

    coverage.write_text(no_exceptions)
    rules.write_text(rules.read_text().replace("1.0000,,2020", "0.7500,,2020"))
    view.write_text(view.read_text().replace("group by", "where payout_usd > 0.001\n    group by"))
    changing.build([delivery("failed", HOURS[0], status_code="503")], HOURS[:1])
    assert changing.query("select count(*) from account_coverage") == [(0,)]
    assert changing.query("select reason_code, payout_usd = 0.0075 from fct_requests") == [("compensated", True)]
    assert "0.001" in str(changing.query("select sql from duckdb_views() where view_name like '%by_type_daily'"))
