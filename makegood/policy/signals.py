"""The variables of dbt_project.yml: names of signals and operations, and the latency baseline terms. The models measure the signals."""

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
    """The signals that are either 0 or 1."""
    return list(_variables()["yes_no_signals"])


def assessed_signals() -> list[str]:
    """The signals that a detector's verdict may provide."""
    return list(_variables()["assessed_signals"])


def timed_signals() -> list[str]:
    """The signals that measure a duration."""
    return list(_variables()["timed_signals"])


def operations() -> list[str]:
    """All operations, including those that nobody purchases."""
    return list(_variables()["operations"])


def unpurchased_operations() -> list[str]:
    """The operations that nobody purchases."""
    return list(_variables()["unpurchased_operations"])


def untimed_operations() -> list[str]:
    """The operations that run for as long as the caller wants and therefore have no latency."""
    return list(_variables()["untimed_operations"])


@dataclass(frozen=True)
class BaselineTerms:
    """The terms by which the normal latency of a day is measured.

    Attributes:
        days: how far back before the day the baseline looks.
        wording: all terms as one text, which changes if any of them changes.
    """

    days: timedelta
    wording: str


def baseline_terms() -> BaselineTerms:
    """The declared terms; they apply to every day."""
    declared = _variables()["latency_baselines"]
    return BaselineTerms(timedelta(days=declared["days"]), str(sorted(declared.items())))


@cache
def _variables() -> dict[str, Any]:
    variables: dict[str, Any] = yaml.safe_load((PROJECT / "dbt_project" / "dbt_project.yml").read_text())["vars"]
    return variables
