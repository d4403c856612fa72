"""The account of requests without one is named alike in Python, in SQL and in the models' yml."""

import re
from pathlib import Path

from makegood.settlement.due import UNKNOWN_ACCOUNT

ROOT = Path(__file__).parents[2]
PACKAGES = ("makegood", "models", "dbt_project", "expectations", "dashboard", "orchestration")
LITERAL = re.compile(r"account_id(?:\),| =| <>| !=| in \(| not in \() *'([^']*)'")
"""A text that an account is compared with, or that stands in for a missing one."""
NAMED_IN = {
    "makegood/ingestion/land.sql",
    "makegood/ingestion/macros.sql",
    "models/marts/fct_ledger_entries.yml",
    "models/marts/mart_compensation_details.sql",
    "expectations/sql/fct_requests_by_hour.sql",
}


def test_every_file_names_the_unknown_account_as_settlement_does() -> None:
    files = [file for package in PACKAGES for kind in ("sql", "yml") for file in (ROOT / package).rglob(f"*.{kind}")]
    found = {
        str(file.relative_to(ROOT)): set(LITERAL.findall(file.read_text()))
        for file in files
        if not {"target", "node_modules"} & set(file.parts)
    }
    assert {file: texts for file, texts in found.items() if texts} == {file: {UNKNOWN_ACCOUNT} for file in NAMED_IN}
