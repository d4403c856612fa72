"""The data dictionary matches the model descriptions, and the check reports any difference."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from derived_home import ROOT
from docs_scripts import docs_script


@pytest.fixture(scope="module")
def dictionary() -> ModuleType:
    return docs_script("build_dictionary")


def test_the_data_dictionary_matches_the_yml_files(dictionary: ModuleType) -> None:
    assert dictionary.main(["--check"]) == 0


def test_the_check_fails_after_a_description_changed(
    dictionary: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("models", "dbt_project/seeds"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    page = tmp_path / "data-dictionary.md"
    dictionary.main([], page, tmp_path)
    assert dictionary.main(["--check"], page, tmp_path) == 0
    yml = tmp_path / "models/marts/fct_requests.yml"
    yml.write_text(yml.read_text().replace("Model as named in the request.", "Model as named elsewhere."))
    assert dictionary.main(["--check"], page, tmp_path) == 1
    assert "run `python docs/build_dictionary.py`" in capsys.readouterr().err


def test_every_relation_and_column_is_described(dictionary: ModuleType) -> None:
    for members in dictionary.described(ROOT).values():
        for relation in members:
            assert relation["description"].strip(), relation["name"]
            assert all(column["description"] and column["data_type"] for column in relation["columns"]), relation[
                "name"
            ]


def test_every_model_has_a_yml_and_states_its_grain_first(dictionary: ModuleType) -> None:
    for model in (ROOT / "models").rglob("*.sql"):
        assert model.read_text().startswith("-- grain: one row per "), model.name
        described = yaml.safe_load(model.with_suffix(".yml").read_text())["models"]
        assert [entry["name"] for entry in described] == [model.stem]
        assert described[0]["description"].startswith("One row per "), model.name
