"""The dbt project without Dagster: parsed and kept in a home, and the SQL that dbt compiles of its models."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from makegood.derivation.dbt_server import DBT_PROJECT, PARTIAL_PARSE
from makegood.errors import MakegoodError
from makegood.home import Home, dbt_directory
from makegood.settings import PROJECT

DBT = str(Path(sys.executable).with_name("makegood-dbt"))
"""The dbt of this environment, independent of PATH."""
PARSED = ("manifest.json", PARTIAL_PARSE)
"""The files in dbt's target folder that hold the parsed project. They are a cache."""
SEAL = "parsed.sha256"
"""File beside them with the digest of both; if it does not match, the project is parsed again."""
SHARED = DBT_PROJECT / "target"
"""The folder from which new homes copy the parsed project, because parsing takes five seconds and gives the same for every home."""


def parsed(home: Home) -> Path:
    """The folder of the home that holds the parsed project, parsed again if models, macros, seeds, tests or configuration changed.

    dbt connects to the warehouse in MAKEGOOD_HOME, which must be an absolute path, and keeps the parsed project in the home. Both
    environment variables are set for this process and its children.

    Raises:
        MakegoodError: the environment is older than the project, or the project does not parse; includes dbt's message.
    """
    if not Path(DBT).exists():
        raise MakegoodError(f"there is no {DBT}: set the environment up again (`make setup`)")
    target = dbt_directory(home.warehouse)
    os.environ["MAKEGOOD_HOME"] = str(home.root)
    os.environ["DBT_TARGET_PATH"] = str(target)
    if not is_current(target) and not _copied(SHARED, target):
        _parse(target)
        # A project that cannot be written to is parsed for each home.
        with suppress(OSError):
            _copied(target, SHARED)
    return target


def digest_of_parsed(target: Path) -> str:
    """The digest of the parsed project in this folder, as it was noted when it was parsed."""
    return (target / SEAL).read_text()


def compiled(names: Sequence[str]) -> dict[str, str]:
    """The compiled SQL of these models. Relations of the run are in a database `memory`, and no warehouse is opened.

    Raises:
        MakegoodError: the project does not compile; includes dbt's message.
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


def is_current(target: Path) -> bool:
    """Whether the parsed project exists, is unmodified, and is newer than all files of the project."""
    seal = target / SEAL
    if not all((target / name).is_file() for name in (*PARSED, SEAL)) or seal.read_bytes() != _digest(target).encode():
        return False
    return all(file.stat().st_mtime <= (target / PARSED[0]).stat().st_mtime for file in _described())


def _copied(source: Path, target: Path) -> bool:
    """Copy the parsed project, if it is current, and return whether the copy is. The seal is copied last."""
    if not is_current(source):
        return False
    target.mkdir(parents=True, exist_ok=True)
    for name in (*PARSED, SEAL):
        fresh = target / f"{name}.{os.getpid()}"
        shutil.copy2(source / name, fresh)
        fresh.replace(target / name)
    return is_current(target)


def _parse(target: Path) -> None:
    # dbt reuses its earlier results for unchanged files, so files that may be damaged must be removed first.
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


def _digest(target: Path) -> str:
    return hashlib.sha256(b"".join((target / name).read_bytes() for name in PARSED)).hexdigest()


def _described() -> Iterator[Path]:
    yield from (PROJECT / "models").rglob("*.*")
    for folder in ("macros", "seeds", "tests"):
        yield from (DBT_PROJECT / folder).rglob("*.*")
    yield from DBT_PROJECT.glob("*.yml")
