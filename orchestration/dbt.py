"""The dbt project for Dagster: the resource that runs dbt, and the project with an up-to-date manifest."""

import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject
from packaging.version import Version
from pydantic import PrivateAttr

from makegood.derivation.dbt_project import DBT, digest_of_parsed, parsed
from makegood.derivation.dbt_server import DBT_PROJECT, DbtServer
from makegood.home import Home
from makegood.settings import Settings


class Dbt(DbtCliResource):
    """Runs dbt in a separate process only.

    By default dagster-dbt starts another process to ask for dbt's version, and loads dbt into Dagster's process to look up columns. That
    takes four seconds per run, for what the model contracts already declare.
    """

    _server: DbtServer | None = PrivateAttr(None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Start the server that runs this run's dbt commands, unless the process that makes the run has one."""
        self._server = DbtServer(Home(Path(os.environ["MAKEGOOD_HOME"])))
        self._server.start()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """End the server."""
        if self._server:
            self._server.close()

    @property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        return None


def dbt_process() -> Dbt:
    """The resource by which runs start dbt on the project."""
    return Dbt(project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=DBT)


def ready_project(settings: Settings) -> DbtProject:
    """The project, parsed again if models, macros, seeds, tests or configuration changed. The environment is set as `parsed` says.

    Raises:
        MakegoodError: the home cannot be used, or for the same reasons as `parsed`.
    """
    target = parsed(Home(settings.home).prepare())
    return DbtProject(project_dir=DBT_PROJECT, profiles_dir=DBT_PROJECT, target_path=target)


def project_digest(project: DbtProject) -> str:
    """A digest of the parsed project. It changes when models, macros, seeds, tests or configuration change."""
    return digest_of_parsed(project.target_path)
