"""The dbt project as Dagster needs it: where it is, a manifest that is not older than what it describes, and dbt as a process."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dagster_dbt import DbtCliResource, DbtProject
from packaging.version import Version

from makegood.errors import MakegoodError
from makegood.home import Home, dbt_directory
from makegood.settings import PROJECT, Settings

DBT_PROJECT = PROJECT / "dbt_project"
DBT = str(Path(sys.executable).with_name("makegood-dbt"))
"""The dbt of this environment, whatever PATH says."""
PARSED = ("manifest.json", "partial_parse.msgpack")
"""What dbt makes of the project, in its target folder: a cache."""
SEAL = "parsed.sha256"
"""Beside them, the digest of both: one that does not fit has them made anew."""


class Dbt(DbtCliResource):
    """dbt as a process of its own, and only there.

    dagster-dbt would ask dbt for its version in one process more, and load a second dbt into Dagster's to look columns up: four
    seconds a run for what contracts declare already.
    """

    @property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        return None


def dbt_process() -> Dbt:
    """dbt over the project, as the resource that runs start it by."""
    return Dbt(project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=DBT)


def ready_project(settings: Settings) -> DbtProject:
    """The project, with its manifest parsed anew where models, macros, seeds or configuration changed.

    dbt connects to the warehouse of MAKEGOOD_HOME, which must be absolute, and keeps what it parsed in the home: both are set so for
    this process and its children.

    Raises:
        MakegoodError: the home cannot be used, the environment is older than the project, or the project does not parse; says what dbt says.
    """
    home = Home(settings.home).prepare()
    if not Path(DBT).exists():
        raise MakegoodError(f"there is no {DBT}: set the environment up again (`make setup`)")
    target = dbt_directory(home.warehouse)
    os.environ["MAKEGOOD_HOME"] = str(home.root)
    os.environ["DBT_TARGET_PATH"] = str(target)
    project = DbtProject(project_dir=DBT_PROJECT, profiles_dir=DBT_PROJECT, target_path=target)
    if not _is_current(target):
        _parse(target)
    return project


def _parse(target: Path) -> None:
    # dbt takes over what it parsed before where a file has not changed: it must not find anything that somebody spoiled.
    for name in PARSED:
        (target / name).unlink(missing_ok=True)
    parsed = subprocess.run(
        [
            DBT,
            "--quiet",
            "parse",
            "--project-dir",
            str(DBT_PROJECT),
            "--profiles-dir",
            str(DBT_PROJECT),
            "--log-path",
            str(target),
        ],
        capture_output=True,
        text=True,
        cwd=DBT_PROJECT,
    )
    if parsed.returncode:
        raise MakegoodError(f"the dbt project does not parse: {' '.join((parsed.stdout + parsed.stderr).split())}")
    (target / SEAL).write_text(_digest(target))


def compiled(names: Sequence[str]) -> dict[str, str]:
    """The SQL of these models as dbt compiles it, in whose place tables of a run stand in a database `memory`. No warehouse is opened.

    Raises:
        MakegoodError: the project does not compile; says what dbt says.
    """
    with TemporaryDirectory(prefix="makegood-compile-") as folder:
        done = subprocess.run(
            [
                DBT, "--quiet", "compile", "--no-introspect", "--no-populate-cache", "--select", *names,
                "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
                "--target-path", folder, "--log-path", folder,
            ],
            capture_output=True,
            text=True,
            cwd=DBT_PROJECT,
            env={**os.environ, "MAKEGOOD_HOME": folder},
        )  # fmt: skip
        if done.returncode:
            raise MakegoodError(f"the dbt project does not compile: {' '.join((done.stdout + done.stderr).split())}")
        files = {file.stem: file for file in (Path(folder) / "compiled").rglob("*.sql")}
        return {name: files[name].read_text() for name in names}


def _is_current(target: Path) -> bool:
    """Whether what dbt parsed is there, as it left it, and nothing that it describes is newer."""
    seal = target / SEAL
    if not all((target / name).is_file() for name in (*PARSED, SEAL)) or seal.read_bytes() != _digest(target).encode():
        return False
    return all(file.stat().st_mtime <= (target / PARSED[0]).stat().st_mtime for file in _described())


def _digest(target: Path) -> str:
    return hashlib.sha256(b"".join((target / name).read_bytes() for name in PARSED)).hexdigest()


def _described() -> Iterator[Path]:
    yield from (PROJECT / "models").rglob("*.*")
    for folder in ("macros", "seeds", "tests"):
        yield from (DBT_PROJECT / folder).rglob("*.*")
    yield from DBT_PROJECT.glob("*.yml")
