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
    (dbt_attachment,) = (
        attachment
        for attachment in yaml.safe_load(text)["makegood"]["outputs"]["duckdb"]["attach"]
        if attachment["path"].startswith("ducklake:")
    )
    match = STATEMENT.fullmatch(attach_sql(Home(tmp_path).warehouse, read_only=False))
    assert match is not None
    assert (
        (dbt_attachment["path"], dbt_attachment["alias"]) == (match["place"], ALIAS) == (match["place"], match["alias"])
    )
    options = dict(option.split(" ", 1) for option in match["options"].split(", "))
    assert options == {
        name: f"'{value}'" if isinstance(value, str) else str(value).lower()
        for name, value in dbt_attachment["options"].items()
    }
