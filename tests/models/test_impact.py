"""`make impact` lists the models downstream of a change, their columns and their readers."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from docs_scripts import docs_script
from running_gateway import parsed_project


@pytest.fixture(scope="module")
def impact() -> ModuleType:
    return docs_script("impact")


@pytest.fixture(scope="module")
def graph() -> dict[str, Any]:
    return dict(json.loads((Path(parsed_project()) / "manifest.json").read_text()))


def test_a_changed_model_lists_downstream_models_with_columns_and_readers(
    impact: ModuleType, graph: dict[str, Any]
) -> None:
    start = impact.touched(graph, {"models/marts/fct_compensations.sql"})
    assert start == {"model.makegood.fct_compensations"}
    report = impact.told(graph, start)
    assert "  mart_compensation_details: " in report
    assert "request_id" in report.partition("  mart_compensation_details: ")[2].partition("\n")[0]
    assert "readers: Insurance Compensation" in report
    assert "fct_requests:" not in report


@pytest.mark.parametrize(
    ("file", "model"),
    [
        ("models/staging/stg_request_logs.yml", "model.makegood.stg_request_logs"),
        ("dbt_project/seeds/model_prices.csv", "seed.makegood.model_prices"),
        ("dbt_project/macros/outcomes.sql", "model.makegood.stg_request_logs"),
    ],
)
def test_a_changed_description_seed_or_macro_affects_the_models_that_use_it(
    impact: ModuleType, graph: dict[str, Any], file: str, model: str
) -> None:
    assert model in impact.touched(graph, {file})


def test_a_file_that_no_model_uses_affects_nothing(impact: ModuleType, graph: dict[str, Any]) -> None:
    assert impact.touched(graph, {"README.md"}) == set()
    assert impact.told(graph, set()) == "changed: no model, seed or macro of one"
