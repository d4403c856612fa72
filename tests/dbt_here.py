"""dbt in this process, over any home: what tests call instead of starting dbt again and again."""

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from shared_homes import shared

from makegood.derivation.dbt_server import PARTIAL_PARSE
from makegood.home import Home, dbt_directory
from makegood.settings import Settings

PROJECT = Path(__file__).parents[1] / "dbt_project"


@cache
def parsed_project() -> Path:
    """A folder with what dbt makes of the project when it parses it, which takes seconds and is the same for every home."""

    def parse(home: Path) -> None:
        # This imports Dagster, for which only the worker that parses needs to wait.
        from orchestration.dbt import ready_project

        with pytest.MonkeyPatch.context() as patch:
            # The parse sets them for its whole process, and here they are put back.
            patch.setenv("MAKEGOOD_HOME", str(home))
            patch.setenv("DBT_TARGET_PATH", str(home))
            ready_project(Settings(home=home))

    return dbt_directory(Home(shared("parsed", parse)).warehouse)


def dbt(home: Path, *arguments: str, target: Path, project: Path = PROJECT) -> dbtRunnerResult:
    """Run dbt over the home; every invocation opens its files anew. `target` keeps what dbt parsed."""
    if project == PROJECT and not (target / PARTIAL_PARSE).exists():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy2(parsed_project() / PARTIAL_PARSE, target)
    places = ["--project-dir", project, "--profiles-dir", project, "--target-path", target]
    quiet = ["--log-level", "none", "--log-level-file", "none", "--log-path", target, "--no-write-json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAKEGOOD_HOME", str(home))
        try:
            return dbtRunner().invoke([*arguments, *map(str, places), *map(str, quiet)])
        finally:
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def failures(result: dbtRunnerResult) -> str:
    """What failed, a line each."""
    if result.exception is not None:
        return str(result.exception)
    return "\n".join(
        f"{node_result.node.name}: {node_result.status} {node_result.message}"
        for node_result in results_of(result)
        if node_result.status not in ("success", "pass")
    )


def results_of(result: dbtRunnerResult) -> list[Any]:
    """The results of the nodes that ran."""
    return list(getattr(result.result, "results", None) or [])


def emptied(home: Path) -> Path:
    """The home without its lake and warehouse: landing files stay."""
    for folder in ("lake", "warehouse"):
        shutil.rmtree(home / folder, ignore_errors=True)
        (home / folder).mkdir(parents=True)
    return home
