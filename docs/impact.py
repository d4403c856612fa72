"""Lists what is downstream of a change: the models, their columns that have the same name as a column of a changed model, and the readers.

`python docs/impact.py [BASE]` compares the working tree with a commit (HEAD by default) and uses dbt's own graph. A column that is computed
from a changed one under another name is not found.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from makegood.settings import Settings
from orchestration.dbt import ready_project

ROOT = Path(__file__).parents[1]

Node = dict[str, Any]


def changed_files(base: str) -> set[str]:
    """The files that differ from the commit, including new ones, relative to the root of the project."""
    commands = (["diff", "--name-only", base], ["ls-files", "--others", "--exclude-standard"])
    return {
        line
        for command in commands
        for line in subprocess.run(
            ["git", *command], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    }


def manifest() -> dict[str, Any]:
    """dbt's graph of the project in the working tree."""
    with TemporaryDirectory(prefix="makegood-impact-") as home:
        target = Path(ready_project(Settings(home=Path(home))).target_path)
        parsed: dict[str, Any] = json.loads((target / "manifest.json").read_text())
        return parsed


def touched(graph: dict[str, Any], files: set[str]) -> set[str]:
    """The models and seeds that these files define, or that use a macro of these files, by their ids in the graph."""
    macros = {name for name, macro in graph["macros"].items() if _file(macro) in files}
    while more := {
        name
        for name, macro in graph["macros"].items()
        if name not in macros and macros & set(macro["depends_on"]["macros"])
    }:
        macros |= more
    return {
        name
        for name, node in graph["nodes"].items()
        if node["resource_type"] in ("model", "seed")
        and (
            {_file(node), (node.get("patch_path") or "").partition("://")[2].removeprefix("../")} & files
            or macros & set(node["depends_on"].get("macros", []))
        )
    }


def _file(node: Node) -> str:
    """The file of a node as git names it: the models are beside dbt's own folder and not in it."""
    path = str(node["original_file_path"])
    return path.removeprefix("../") if path.startswith("../") else f"dbt_project/{path}"


def downstream(graph: dict[str, Any], start: set[str]) -> list[str]:
    """The models and exposures downstream of these, nearest first."""
    found: list[str] = []
    waiting = sorted(start)
    while waiting:
        for child in graph["child_map"].get(waiting.pop(0), []):
            if child.split(".")[0] in ("model", "exposure") and child not in found and child not in start:
                found.append(child)
                waiting.append(child)
    return found


def told(graph: dict[str, Any], start: set[str]) -> str:
    """The report as text."""
    nodes = graph["nodes"]
    columns = {column for name in start for column in nodes[name]["columns"]}
    after = downstream(graph, start)
    lines = [f"changed: {', '.join(sorted(nodes[name]['name'] for name in start)) or 'no model, seed or macro of one'}"]
    for name in after:
        if name in nodes:
            carried = [column for column in nodes[name]["columns"] if column in columns]
            lines.append(f"  {nodes[name]['name']}: {', '.join(carried) or 'no column of the same name'}")
    readers = [graph["exposures"][name] for name in after if name in graph["exposures"]]
    lines += [f"readers: {reader['label']} ({reader['type']}, {reader['owner']['name']})" for reader in readers]
    return "\n".join(lines)


def main() -> None:
    """Print what is downstream of the change."""
    graph = manifest()
    print(told(graph, touched(graph, changed_files(sys.argv[1] if len(sys.argv) > 1 else "HEAD"))))


if __name__ == "__main__":
    main()
