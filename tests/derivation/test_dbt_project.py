"""The parsed dbt project: new homes copy it, and a copy that is damaged is not used."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from dbt_here import parsed_project

from makegood.derivation import dbt_project
from makegood.derivation.dbt_project import PARSED, SEAL, is_current, parsed
from makegood.home import Home


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that was parsed for another home. What `parsed` sets in the environment is put back."""
    shared = Path(shutil.copytree(parsed_project(), tmp_path / "shared"))
    monkeypatch.setattr(dbt_project, "SHARED", shared)
    monkeypatch.setenv("MAKEGOOD_HOME", "")
    monkeypatch.setenv("DBT_TARGET_PATH", "")
    return shared


def parsed_at(target: Path) -> list[int]:
    return [(target / name).stat().st_mtime_ns for name in (*PARSED, SEAL)]


def test_a_new_home_copies_the_project_that_was_parsed_for_another(shared: Path, tmp_path: Path) -> None:
    target = parsed(Home(tmp_path / "home").prepare())
    assert parsed_at(target) == parsed_at(shared)


def test_a_damaged_copy_is_replaced_by_what_the_home_parses(shared: Path, tmp_path: Path) -> None:
    (shared / PARSED[0]).write_bytes(b"damaged")
    target = parsed(Home(tmp_path / "home").prepare())
    assert is_current(target)
    assert parsed_at(target) == parsed_at(shared), "the next home copies what this one parsed"


def test_a_home_parses_the_project_if_nothing_can_be_shared(shared: Path, tmp_path: Path) -> None:
    shutil.rmtree(shared)
    shared.write_text("a file in the place of the folder")
    assert is_current(parsed(Home(tmp_path / "home").prepare()))
