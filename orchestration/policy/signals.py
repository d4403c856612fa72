"""The names of the signals, as dbt_project.yml declares them. How a signal is measured is in models/intermediate."""

from functools import cache
from typing import Any

import yaml

from orchestration.settings import PROJECT


def signals() -> list[str]:
    """Every signal that a rule may name."""
    return list(_variables()["signals"])


def assessed_signals() -> list[str]:
    """Those of them that a detector's verdict may speak for."""
    return list(_variables()["assessed_signals"])


@cache
def _variables() -> dict[str, Any]:
    variables: dict[str, Any] = yaml.safe_load((PROJECT / "dbt_project" / "dbt_project.yml").read_text())["vars"]
    return variables
