"""The limits in force: the defaults of thresholds.py, and what `audits.yml` in the home sets in their place. Does not import Great Expectations."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from expectations import thresholds
from expectations.suite import Bound, Relation
from expectations.suites import SUITES
from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.storage.connections import sql_text

Number = int | float
DEFAULTS: dict[str, Number] = {name: value for name, value in vars(thresholds).items() if name.isupper()}
SECTIONS = {"limits": "", "models": "model", "sources": "source"}
"""The sections of the file, and by which column their limits apply."""
MOST = 10**12
LONGEST_HISTORY_DAYS = 60


@dataclass(frozen=True)
class Limits:
    """`values` are the limits for all rows; `by` those that differ, by column (`model`, `source`) and its value."""

    values: Mapping[str, Number] = field(default_factory=lambda: DEFAULTS)
    by: Mapping[str, Mapping[str, Mapping[str, Number]]] = field(default_factory=dict)

    def groups(self, relation: Relation) -> list[tuple[str, str, Mapping[str, Number]]]:
        """The groups of rows with their own limits, each with its name, a condition in SQL, and all of its limits.

        A row belongs to the group of its model before that of its source, and otherwise to the last group, which has
        no name.
        """
        used = {name for check in relation.checks for name in check.limits}
        found: list[tuple[str, str, Mapping[str, Number]]] = []
        rest: list[str] = []
        for column in (name for name in ("model", "source") if name in relation.by):
            differing = {value: limits for value, limits in self.by.get(column, {}).items() if used & limits.keys()}
            for value, limits in differing.items():
                condition = " and ".join([f"{column} = '{sql_text(value)}'", *rest])
                found.append((f"{column} {value}", condition, {**self.values, **limits}))
            if differing:
                names = ", ".join(f"'{sql_text(value)}'" for value in differing)
                rest.append(f"({column} is null or {column} not in ({names}))")
        return [*found, ("", " and ".join(rest) or "true", self.values)]


def bound(limit: Bound, values: Mapping[str, Number]) -> Number | None:
    """The number of a bound."""
    if not isinstance(limit, str):
        return limit
    return -values[limit[1:]] if limit.startswith("-") else values[limit]


def read_limits(root: Path) -> Limits:
    """The limits of the home at `root`.

    Raises:
        MakegoodError: `audits.yml` cannot be read, or sets something that does not exist or cannot be; says what and where.
    """
    file = Home(root).audits
    if not file.exists():
        return Limits()
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise MakegoodError(f"{file} cannot be read as YAML: {' '.join(str(error).split())}") from error
    if document is None:
        return Limits()
    _expect_mapping(document, str(file))
    values, by = dict(DEFAULTS), dict[str, dict[str, dict[str, Number]]]()
    for section, content in document.items():
        if section not in SECTIONS:
            raise MakegoodError(f"{file} has a section {section!r}: there are {', '.join(SECTIONS)}")
        place, column = f"{file}, {section}", SECTIONS[section]
        _expect_mapping(content, place)
        if not column:
            values |= _checked(content, DEFAULTS, place)
            continue
        allowed = {
            name: DEFAULTS[name]
            for suite in SUITES.values()
            for relation in suite.relations
            if column in relation.by
            for check in relation.checks
            for name in check.limits
        }
        for value, limits in content.items():
            _expect_mapping(limits, f"{place}, {value}")
            by.setdefault(column, {})[str(value)] = _checked(limits, allowed, f"{place}, {value}")
    return Limits(values, by)


def _checked(limits: dict[Any, Any], allowed: Mapping[str, Number], place: str) -> dict[str, Number]:
    """The limits of one section, each of which exists there and has a possible value."""
    for name, value in limits.items():
        if name not in allowed:
            near = difflib.get_close_matches(str(name), allowed, n=1)
            means = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(allowed))}"
            raise MakegoodError(f"{place}: {name} is no limit here; {means}")
        if fault := _fault(name, value):
            raise MakegoodError(f"{place}: {name} is {value!r}; it must be {fault}")
    return limits


def _fault(name: str, value: Any) -> str | None:
    """What the value of a limit must be, if it is not that."""
    most = LONGEST_HISTORY_DAYS if name == "HISTORY_DAYS" else 1 if "SHARE" in name else MOST
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not 0 <= value <= most
    ):
        return f"a number from 0 to {most:,}"
    if (
        isinstance(DEFAULTS[name], int)
        and name.startswith(("MIN_", "HISTORY_", "SETTLED_"))
        and not isinstance(value, int)
    ):
        return "a whole number"
    return None


def _expect_mapping(content: Any, place: str) -> None:
    if not isinstance(content, dict):
        raise MakegoodError(f"{place} must be names with values below it, such as `PAYOUT_USD_HOLD: 500`")
