"""The benchmarks on tiny sizes: one table with a row for each figure, results that agree, and limits that say when they are missed."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from running_gateway import FIRST, Gateway

from benchmarks.contestants import differences, published_sums
from benchmarks.spans import DBT_NODES, IMPORTS, REST, Span, breakdown, paint
from benchmarks.table import COLUMNS, Row, at_most, markdown, text
from benchmarks.year import Day, report
from makegood.settings import PROJECT

DAY = Day(0, 5.0, 6.0, 9.0, 0.0, 0.1, 400, 60, 90, 30, 70, 20)


def test_one_run_prints_and_keeps_one_table_of_what_it_was_asked_for(tmp_path: Path) -> None:
    results = tmp_path / "results.md"
    arguments = ["--rows", "1000", "--repeat", "1", "--figures", "landing", "empty", "hour", "--results", str(results)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKEGOOD_")}
    command = [sys.executable, "-m", "benchmarks", *arguments]
    printed = subprocess.run(command, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True).stdout
    figures = [
        "landing 1,000 lines",
        "an empty hour",
        "an empty hour, first in a new home",
        "an hour of 1,000 requests, landing to publication",
        "an hour of 1,000 requests, peak memory",
    ]
    heads = [line.split("  ")[0] for line in printed.splitlines()]
    assert heads[0] == "figure"
    assert heads[2:] == figures, "a line on a difference would follow the table"
    written = results.read_text()
    rows = [
        line.split(" | ") for line in written.splitlines() if line.startswith("| an ") or line.startswith("| landing")
    ]
    assert [len(row) for row in rows] == [len(COLUMNS)] * len(figures)
    for line in (
        "- processor: ",
        "- commit: ",
        "- Python, DuckDB, pandas: ",
        "## Where an empty hour goes",
        "fct_requests",
    ):
        assert line in written


def test_what_pandas_or_the_bare_script_made_of_a_request_too_many_is_a_difference(
    published: Gateway, tmp_path: Path
) -> None:
    sums = published_sums(published.root, FIRST, 1)
    count, cost, payout, _ = sums["fct_compensations"]
    (tmp_path / "log").write_text(json.dumps(sums))
    first = f"select {cost}::decimal(38, 0) * 0.000000000001 as cost, {payout}::decimal(38, 0) * 0.000000000001 as payout_usd"
    others = f"select 0 as cost, 0 as payout_usd from range({count - 1})"
    duckdb.execute(f"copy ({first} union all {others}) to '{tmp_path / 'compensations.parquet'}'")
    assert differences(published.root, FIRST, 1, tmp_path, tmp_path) == []
    (tmp_path / "log").write_text(json.dumps({**sums, "fct_requests": [sums["fct_requests"][0] + 1]}))
    duckdb.execute(f"copy ({first} union all {others} union all {others}) to '{tmp_path / 'compensations.parquet'}'")
    assert [line.split(":")[0] for line in differences(published.root, FIRST, 1, tmp_path, tmp_path)] == [
        "pandas, fct_requests",
        "bare script",
    ]


def test_a_limit_that_is_missed_says_no() -> None:
    rows = [at_most("a", "s", 6.0, 6), at_most("b", "MiB", 1537, 1536), Row("c", "s", 1.0)]
    assert [row.cells()[-1] for row in rows] == ["yes", "NO", ""]
    assert "≤ 1,536 MiB" in text(rows).splitlines()[3]
    assert markdown(rows).splitlines()[3] == "| b | 1,537 MiB |  |  |  | ≤ 1,536 MiB | NO |"


def test_each_moment_of_a_run_is_counted_once_for_the_most_specific_that_happened() -> None:
    assert paint([("wide", [(0, 10)]), ("narrow", [(2, 4), (3, 5), (9, 12)])], 0, 10) == {"wide": 6, "narrow": 4}
    spans = [
        Span(1, "import", "dagster", 0, 3),
        Span(2, "import", "dbt", 0, 9),
        Span(3, "node", "fct_requests", 4, 6),
        Span(3, "sql", "create", 4, 5),
        Span(3, "sql", "commit", 5, 5.5),
    ]
    found = breakdown(spans, 1, 0, 10)
    assert (found.parts[IMPORTS], found.parts[DBT_NODES], found.parts[REST]) == (3, 1.5, 5)
    assert sum(found.parts.values()) == found.wall_s
    [node] = found.nodes
    assert (node.sql_s, node.commit_s, node.overhead_s) == (1, 0.5, 0.5)


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, []),
        ({"run_s": 5.6}, ["an hourly run, wall"]),
        ({"cpu_s": 6.7}, ["an hourly run, CPU"]),
        ({"query_s": 0.13}, ["queries on a day of the marts"]),
        ({"catalog_kib": 400 + 50 * 10 + 61 * 9}, ["the catalog"]),
    ],
)
def test_a_year_in_which_runs_slow_down_or_files_grow_faster_than_days_misses_its_limit(
    changes: dict[str, float], missed: list[str]
) -> None:
    days = [replace(DAY, number=number, catalog_kib=400 + 50 * number) for number in range(20)]
    days[-7:] = [replace(day, **changes) for day in days[-7:]]
    assert [row.figure for row in report(days) if row.is_met is False] == missed
