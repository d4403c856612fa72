"""What dbt_project.yml declares: the names of signals and operations, and what a normal latency is taken of. How a signal is measured is in models/."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import yaml

from makegood.settings import PROJECT


def signals() -> list[str]:
    """Every signal that a rule may name."""
    return list(_variables()["signals"])


def yes_no_signals() -> list[str]:
    """Those of them that are 0 or 1."""
    return list(_variables()["yes_no_signals"])


def assessed_signals() -> list[str]:
    """Those of them that a detector's verdict may speak for."""
    return list(_variables()["assessed_signals"])


def timed_signals() -> list[str]:
    """Those of them that say how long it took."""
    return list(_variables()["timed_signals"])


def operations() -> list[str]:
    """Everything that can be bought, and what is nobody's purchase."""
    return list(_variables()["operations"])


def unpurchased_operations() -> list[str]:
    """Those of them that are nobody's purchase."""
    return list(_variables()["unpurchased_operations"])


def untimed_operations() -> list[str]:
    """Those of them that last as long as somebody wants, so that they have no latency."""
    return list(_variables()["untimed_operations"])


@dataclass(frozen=True)
class BaselineTerms:
    """What the latency that is normal for a day is taken of.

    Attributes:
        days: how far before the day it looks.
        wording: all of the terms as text, which differs where any of them does.
    """

    days: timedelta
    wording: str


def baseline_terms() -> BaselineTerms:
    """The terms in force, for every day."""
    declared = _variables()["latency_baselines"]
    return BaselineTerms(timedelta(days=declared["days"]), str(sorted(declared.items())))


@cache
def _variables() -> dict[str, Any]:
    variables: dict[str, Any] = yaml.safe_load((PROJECT / "dbt_project" / "dbt_project.yml").read_text())["vars"]
    return variables
