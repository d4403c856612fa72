"""dbt in this process, over any home: what tests call instead of starting dbt again and again."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult

PROJECT = Path(__file__).parents[1] / "dbt_project"


def dbt(home: Path, *arguments: str, target: Path, project: Path = PROJECT) -> dbtRunnerResult:
    """Run dbt over the home; every invocation opens its files anew. `target` keeps what dbt parsed."""
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
        f"{done.node.name}: {done.status} {done.message}"
        for done in results_of(result)
        if done.status not in ("success", "pass")
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
