"""Reads the policy's seeds into typed rows, and reports where each unreadable value is. validation.py checks rows against each other."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from makegood.errors import MakegoodError
from makegood.settings import PROJECT

SEEDS = PROJECT / "dbt_project" / "seeds"
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?", re.ASCII)
WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
EXACT = re.compile(r"-?(\d+)(?:\.(\d+))?", re.ASCII)
DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")


@dataclass(frozen=True)
class Problem:
    """A problem in a seed: the file's name, the line (the header is line 1; 0 means the whole file), and the reason."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        """The problem as one sentence."""
        return f"{self.file}{f' line {self.line}' if self.line else ''}: {self.reason}"


class PolicyError(MakegoodError):
    """The policy is invalid; the message lists every problem."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("the policy is refused: " + "; ".join(map(str, problems)))


@dataclass(frozen=True)
class Row:
    """A row of a seed: typed values by column, None if empty. `file` and `line` say where the row is."""

    file: str
    line: int
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        """The value of a column."""
        return self.values[column]

    def fault(self, reason: str) -> Problem:
        """A problem located in this row."""
        return Problem(self.file, self.line, reason)


Policy = dict[str, list[Row]]
"""All seeds, by name."""


def read(seeds: Path = SEEDS, rules: Path | None = None) -> Policy:
    """Read every seed that seeds.yml describes, with the column types declared there.

    Args:
        seeds: the directory of the seeds.
        rules: a file to read instead of compensation_rules.csv.

    Raises:
        PolicyError: a file is missing or not CSV, a column is missing or unknown, or a value does not have its type.
    """
    described = yaml.safe_load((SEEDS / "seeds.yml").read_text())["seeds"]
    policy: Policy = {}
    problems: list[Problem] = []
    for seed in described:
        file = seeds / f"{seed['name']}.csv"
        if rules is not None and seed["name"] == "compensation_rules":
            file = rules
        policy[seed["name"]] = list(_rows(file, seed["columns"], problems))
    if problems:
        raise PolicyError(problems)
    return policy


def _rows(file: Path, columns: list[dict[str, Any]], problems: list[Problem]) -> Iterator[Row]:
    names = [column["name"] for column in columns]
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            lines = csv.reader(text, strict=True)
            header = next(lines, [])
            if header != names:
                problems.append(Problem(file.name, 1, _header_fault(header, names)))
                return
            for cells in lines:
                if not cells:
                    continue
                if len(cells) != len(names):
                    problems.append(
                        Problem(file.name, lines.line_num, f"{len(cells)} values where there are {len(names)} columns")
                    )
                    continue
                faults = len(problems)
                values = {
                    column["name"]: _value(cell, column, file.name, lines.line_num, problems)
                    for cell, column in zip(cells, columns, strict=True)
                }
                if len(problems) == faults:
                    yield Row(file.name, lines.line_num, values)
    except OSError as error:
        problems.append(Problem(str(file), 0, error.strerror or "cannot be read"))
    except (UnicodeDecodeError, csv.Error) as error:
        problems.append(Problem(file.name, 0, f"is not CSV in UTF-8 ({error})"))


def _header_fault(header: list[str], names: list[str]) -> str:
    if missing := [name for name in names if name not in header]:
        return f"the column {missing[0]} is missing"
    if unknown := [name for name in header if name not in names]:
        return f"there is no column {unknown[0]!r}"
    return f"the columns must be in this order: {', '.join(names)}"


def _value(cell: str, column: dict[str, Any], file: str, line: int, problems: list[Problem]) -> Any:
    if not cell:
        if {"type": "not_null"} in column.get("constraints", []):
            problems.append(Problem(file, line, f"{column['name']} is empty"))
        return None
    try:
        if cell != cell.strip():
            raise ValueError("remove the surrounding spaces")
        return _typed(cell, column["data_type"])
    except ValueError as error:
        problems.append(Problem(file, line, f"{column['name']} is {cell!r}: {error}"))
        return None


def _typed(text: str, kind: str) -> Any:
    """Convert a text to the given type. Raises ValueError with the expected form."""
    if match := DECIMAL.fullmatch(kind):
        return _decimal(text, int(match[1]), int(match[2]))
    return READERS[kind](text)


def _decimal(text: str, digits: int, places: int) -> Decimal:
    match = EXACT.fullmatch(text)
    if match is None:
        raise ValueError("write a plain decimal number")
    if len(match[2] or "") > places:
        raise ValueError(f"at most {places} digits may follow the point")
    if len(match[1].lstrip("0")) > digits - places:
        raise ValueError(f"at most {digits - places} digits may stand before the point")
    return Decimal(text)


def _whole(text: str) -> int:
    if WHOLE.fullmatch(text) is None:
        raise ValueError("write a whole number")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        if MOMENT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("write a moment in UTC like 2026-11-01 00:00:00")


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("write true or false")
    return text == "true"


READERS: dict[str, Callable[[str], Any]] = {
    "varchar": str,
    "bigint": _whole,
    "integer": _whole,
    "boolean": _boolean,
    "timestamp": _moment,
}
