"""Makegood's own sessions and dbt's profile attach the warehouse with the same options."""

import re
from pathlib import Path

import yaml

from makegood.home import Home
from makegood.storage.warehouse import ALIAS, attach_sql

PROFILES = Path(__file__).parents[2] / "dbt_project/profiles.yml"
STATEMENT = re.compile(r"attach '(?P<place>[^']+)' as (?P<alias>\w+) \((?P<options>.+)\)")


def test_dbt_attaches_the_warehouse_with_the_same_options_as_sessions(tmp_path: Path) -> None:
    text = PROFILES.read_text().replace("$MAKEGOOD_HOME", str(tmp_path))
    (of_dbt,) = (
        attached
        for attached in yaml.safe_load(text)["makegood"]["outputs"]["duckdb"]["attach"]
        if attached["path"].startswith("ducklake:")
    )
    stated = STATEMENT.fullmatch(attach_sql(Home(tmp_path).warehouse, read_only=False))
    assert stated is not None
    assert (of_dbt["path"], of_dbt["alias"]) == (stated["place"], ALIAS) == (stated["place"], stated["alias"])
    options = dict(option.split(" ", 1) for option in stated["options"].split(", "))
    assert options == {
        name: f"'{value}'" if isinstance(value, str) else str(value).lower()
        for name, value in of_dbt["options"].items()
    }
