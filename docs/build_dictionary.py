"""Renders docs/data-dictionary.md from the yml beside the models; what the yml says is not said here.

`python docs/build_dictionary.py` writes the page; with `--check` it exits 1 where the page is not what it would write.
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

Rendered by `python docs/build_dictionary.py` from the yml beside the models; change it there.
Times are UTC, money is exact decimal USD. *Never null* is enforced where the table is written.
"""
LAYERS = {
    "Marts": "What readers use, in the warehouse: `makegood.main`.",
    "Intermediate": "How a decision is reached; scratch, alive while a run derives.",
    "Staging": "One current row per request out of its deliveries; scratch, alive while a run derives.",
    "Policy": "The seeds in `dbt_project/seeds/`: what is owed, and to whom.",
    "Inputs of a run": "What a run hands to the models.",
}

Described = dict[str, Any]


def described(root: Path) -> dict[str, list[Described]]:
    """Return the yml's relations by layer, each by name. Raises FileNotFoundError where the project is not whole."""

    def relations(folder: str, kind: str) -> list[Described]:
        files = sorted((root / folder).glob("*.yml"))
        if not files:
            raise FileNotFoundError(f"{root / folder} holds no yml: run this from a whole checkout")
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
    print(f"{page.name} is not what the yml says: run `python docs/build_dictionary.py`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
