"""Renders docs/data-dictionary.md from the yml files beside the models.

`python docs/build_dictionary.py` writes the page; with `--check` it exits with 1 if the page differs from what it would write.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "data-dictionary.md"
OPENING = """# Data dictionary

This page is written by `make docs` from the yml files beside the models; change a description there.
Times are UTC, and money is exact decimal USD. A column marked *never* cannot be null; this is enforced when the table is written.
"""
LAYERS = {
    "Marts": "The tables that readers query, by their plain names.",
    "Intermediate": "The steps from a request to its decision. These tables exist only while a run derives.",
    "Staging": "Deliveries and verdicts, merged into one row per request and verdict. These tables exist only while a run derives.",
    "Policy": "The seeds in `dbt_project/seeds/`, which define what is owed.",
    "Inputs of a run": "The tables in `warehouse/run.duckdb` that a run passes to the models as their sources.",
}

Described = dict[str, Any]


def described(root: Path) -> dict[str, list[Described]]:
    """Return the yml's relations by layer, each by name. Raises FileNotFoundError if the checkout is incomplete."""

    def relations(folder: str, kind: str) -> list[Described]:
        files = sorted((root / folder).glob("*.yml"))
        if not files:
            raise FileNotFoundError(f"{root / folder} contains no yml file: run this from a complete checkout")
        found = [item for file in files for item in yaml.safe_load(file.read_text()).get(kind, [])]
        return sorted(found, key=lambda item: str(item["name"]))

    unit_tests: dict[str, list[str]] = {}
    for file in sorted((root / "models").rglob("*.yml")):
        for test in yaml.safe_load(file.read_text()).get("unit_tests", []):
            unit_tests.setdefault(test["model"], []).append(test["name"])
    layers = {
        "Marts": relations("models/marts", "models"),
        "Intermediate": relations("models/intermediate", "models"),
        "Staging": relations("models/staging", "models"),
        "Policy": relations("dbt_project/seeds", "seeds"),
        "Inputs of a run": [
            table | {"name": f"{source['name']}.{table['name']}"}
            for source in relations("models", "sources")
            for table in source["tables"]
        ],
    }
    for relation in (relation for members in layers.values() for relation in members):
        relation["unit_tests"] = unit_tests.get(relation["name"], [])
    return layers


def rendered(layers: dict[str, list[Described]]) -> str:
    """Return the page."""
    lines = [OPENING]
    for layer, purpose in LAYERS.items():
        lines += [f"## {layer}", "", purpose, ""]
        for relation in layers[layer]:
            lines += [f"### {relation['name']}", "", " ".join(relation["description"].split()), ""]
            lines += ["| column | type | null | meaning |", "|---|---|---|---|"]
            lines += [_column(column) for column in relation["columns"]]
            lines += ["", *_sentences("Checked in every run", _data_tests(relation))]
            lines += _sentences("Unit tests", relation["unit_tests"])
    return "\n".join(lines).rstrip() + "\n"


def _column(column: Described) -> str:
    never_null = {"type": "not_null"} in column.get("constraints", [])
    meaning = column["description"].replace("|", "\\|")
    return f"| {column['name']} | {column['data_type']} | {'never' if never_null else ''} | {meaning} |"


def _data_tests(relation: Described) -> Iterator[str]:
    for test in relation.get("data_tests", []):
        (settings,) = test.values()
        yield settings["name"]


def _sentences(title: str, names: Iterator[str] | list[str]) -> list[str]:
    sentences = [f"- {name.replace('_', ' ')}" for name in names]
    return [f"{title}:", "", *sentences, ""] if sentences else []


def main(arguments: list[str], page: Path = PAGE, root: Path = ROOT) -> int:
    """Write the page, or check it; return the exit code."""
    text = rendered(described(root))
    if "--check" not in arguments:
        page.write_text(text)
        return 0
    if page.exists() and page.read_text() == text:
        return 0
    print(f"{page.name} differs from what the yml files say: run `python docs/build_dictionary.py`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
