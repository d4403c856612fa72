"""The dbt project as Dagster needs it: where it is, and a manifest that is not older than what it describes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from dagster_dbt import DbtProject

from orchestration.errors import MakegoodError
from orchestration.settings import PROJECT, Settings

DBT_PROJECT = PROJECT / "dbt_project"
DBT = str(Path(sys.executable).with_name("dbt"))
"""The dbt of this environment, whatever PATH says."""


def ready_project(settings: Settings) -> DbtProject:
    """The project, with its manifest parsed anew where models, macros, seeds or configuration changed.

    dbt's profile reads MAKEGOOD_HOME, which must be absolute: it is set so for this process and its children.

    Raises:
        MakegoodError: the project does not parse; says what dbt says.
    """
    os.environ["MAKEGOOD_HOME"] = str(settings.home)
    project = DbtProject(project_dir=DBT_PROJECT, profiles_dir=DBT_PROJECT)
    if not _is_current(project.manifest_path):
        parsed = subprocess.run(
            [DBT, "--quiet", "parse", "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)],
            capture_output=True, text=True, cwd=DBT_PROJECT,
        )  # fmt: skip
        if parsed.returncode:
            raise MakegoodError(f"the dbt project does not parse: {' '.join((parsed.stdout + parsed.stderr).split())}")
    return project


def _is_current(manifest: Path) -> bool:
    return manifest.exists() and all(file.stat().st_mtime <= manifest.stat().st_mtime for file in _described())


def _described() -> Iterator[Path]:
    yield from (PROJECT / "models").rglob("*.*")
    for folder in ("macros", "seeds", "tests"):
        yield from (DBT_PROJECT / folder).rglob("*.*")
    yield from DBT_PROJECT.glob("*.yml")
