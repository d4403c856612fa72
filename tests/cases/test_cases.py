"""Records as real gateways write them, run with the shipped sources and policy. Each folder's expected.json gives the expected results."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from running_gateway import auditor, with_parsed_project

from makegood.home import Home
from makegood.hours import HourRange
from makegood.ingestion.finding import landing_name
from makegood.publication.querying import answer
from makegood.settings import PROJECT, Settings
from makegood.settlement.open_audits import open_audits
from orchestration.running import run

HERE = Path(__file__).parent
CASES = {file.parent.name: json.loads(file.read_text()) for file in sorted(HERE.glob("*/expected.json"))}
COLUMNS = {
    "payout": "payout_usd",
    "cost": "cost_usd",
    "reason": "reason_code",
    "finish": "finish_reason",
    "account": "account_id",
    "cached": "cached_tokens",
    "requested_at": "requested_at",
}
"""The columns of fct_requests by their names in expected.json."""


@dataclass(frozen=True)
class Contents:
    """The contents of a home after its runs: the published requests, the reasons of quarantined lines, and every text in the lake."""

    requests: list[dict[str, Any]]
    quarantined: dict[tuple[str, int], str]
    texts: str


@contextmanager
def local_time(zone: str) -> Iterator[None]:
    """Set the local time zone of this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        yield


def copy_case(case: str, home: Path) -> None:
    """Copy the landing area of a case into the home."""
    shutil.copytree(HERE / case / "landing", home / "landing", dirs_exist_ok=True)


def run_hours(home: Path, first: str, hours: int) -> None:
    """Run these landing hours with the shipped sources."""
    start = datetime.fromisoformat(first)
    settings = Settings(home=with_parsed_project(home), sources=PROJECT / "sources.yml")
    run(HourRange(start, start + timedelta(hours=hours)), settings, auditor())


def read_home(home: Path) -> Contents:
    """Read the current contents of the home."""
    names, rows = answer(
        home, f"select request_id, landing_file, landing_line, {', '.join(COLUMNS.values())} from fct_requests"
    )
    texts: list[str] = []
    quarantined: dict[tuple[str, int], str] = {}
    with duckdb.connect() as con:
        for file in sorted((home / "lake").glob("**/*.parquet")):
            values = con.execute("select columns(*)::varchar from read_parquet(?)", [str(file)]).fetchall()
            texts += [value for row in values for value in row if value is not None]
            if "quarantine" in file.parts:
                lines = con.execute(
                    "select landing_file, landing_line, reason from read_parquet(?)", [str(file)]
                ).fetchall()
                quarantined |= {(name, number): reason for name, number, reason in lines}
    return Contents([dict(zip(names, row, strict=True)) for row in rows], quarantined, "\n".join(texts))


@pytest.fixture(scope="session")
def all_cases(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """A home with all cases but the outage, after a run of their hours in a time zone whose clocks change during the first of them."""
    home = tmp_path_factory.mktemp("cases")
    for case in CASES.keys() - {"40-real-outage"}:
        copy_case(case, home)
    with local_time("Europe/Berlin"):
        run_hours(home, "2026-10-25T00:00", 4)
        run_hours(home, "2026-11-28T00:00", 8)
    return read_home(home)


@pytest.fixture(scope="session")
def outage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the hour of an outage after its run, apart from the other cases, whose hours would be its history."""
    home = tmp_path_factory.mktemp("outage")
    copy_case("40-real-outage", home)
    run_hours(home, "2026-11-28T07:00", 1)
    return home


def files_of(case: str) -> dict[str, Path]:
    """The landing files of a case, by the names under which they land."""
    folder = HERE / case
    return {landing_name(file, folder): file for file in sorted(folder.glob("landing/**/*")) if file.is_file()}


def lines_of(case: str) -> dict[str, tuple[str, int]]:
    """The landing file and the line number of each record of a case, by its id."""
    places = {}
    for name, file in files_of(case).items():
        text = file.read_text(errors="surrogateescape")
        records: list[dict[str, Any]]
        if file.suffix == ".csv":
            records = list(csv.DictReader(text.splitlines()))
        else:
            records = [json.loads(line) for line in text.split("\n") if line]
        for number, record in enumerate(records, 1):
            identity = record.get("request_id") or record.get("id") or record.get("generation_id")
            places[str(identity)] = (name, number)
    return places


def expectations() -> Iterator[Any]:
    """Parameters for every request of every case, and for the expectations of a case as a whole (`*`)."""
    for case, expected in CASES.items():
        for name in [*expected.get("requests", {}), *(["*"] if expected.keys() - {"requests"} else [])]:
            yield pytest.param(case, name, id=f"{case}:{name}")


def has_values(row: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether the request has these values, of which amounts and times are given as text."""
    for name, value in expected.items():
        found = row[COLUMNS[name]]
        if name in ("payout", "cost"):
            value = None if value is None else Decimal(value)
        elif name == "requested_at":
            value = datetime.fromisoformat(value)
        if found != value:
            return False
    return True


@pytest.mark.parametrize(("case", "name"), list(expectations()))
def test_records_of_a_real_gateway_give_the_expected_results(
    case: str, name: str, request: pytest.FixtureRequest
) -> None:
    if case == "40-real-outage":
        home = read_home(request.getfixturevalue("outage"))
    else:
        home = request.getfixturevalue("all_cases")
    files = files_of(case)
    rows = [row for row in home.requests if row["landing_file"] in files]
    if name == "*":
        expected_totals = CASES[case]
        assert "rows" not in expected_totals or len(rows) == expected_totals["rows"]
        assert "cost" not in expected_totals or sum(row["cost_usd"] for row in rows) == Decimal(expected_totals["cost"])
        assert "absent" not in expected_totals or not re.findall(expected_totals["absent"], home.texts)
        return
    expected = dict(CASES[case]["requests"][name])
    place = lines_of(case).get(name)
    if pattern := expected.pop("quarantined", None):
        assert place is not None
        assert re.fullmatch(pattern, home.quarantined.get(place, ""))
        return
    if expected.pop("lands_or_is_ignored", False):
        assert place not in home.quarantined
        return
    found = [row for row in rows if row["request_id"] == name] or [
        row for row in rows if row["request_id"].startswith(name)
    ]
    assert found, f"quarantined: {home.quarantined.get(place) if place else None}"
    if "account" in expected and expected["account"] != "unknown":
        found = [row for row in found if row["account_id"] == expected["account"]]
    assert len(found) == expected.pop("rows", len(found)) > 0
    assert all(has_values(row, expected) for row in found), found


def test_an_outage_is_published_and_only_its_settlement_waits_for_acceptance(outage: Path) -> None:
    query = "select reason_code, count(*), sum(payout_usd) from fct_requests group by all order by all"
    assert answer(outage, query)[1] == [
        ("compensated", 150, Decimal("1.5")),
        ("within_normal_range", 100, Decimal(0)),
    ]
    waiting = [(one.check, one.measured, one.is_blocking) for one in open_audits(Home(outage))]
    assert waiting == [
        ("fct_compensations.compensated_share", "0.6", False),
        ("fct_compensations.payout_share", "0.6", False),
    ]
