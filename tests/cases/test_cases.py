"""Records as real gateways write them, run as they are with the shipped sources and policy: each comes out as its folder's expected.json says."""

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

from orchestration.hours import HourRange
from orchestration.ingestion.finding import landing_name
from orchestration.publication.querying import answer
from orchestration.running import run
from orchestration.settings import PROJECT, Settings

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
"""What expected.json calls a column of fct_requests."""
NOT_YET = {
    "40-real-outage:*",
}
"""Expectations that are not met yet, as `case:request id`. Whoever mends one takes it out of here."""


@dataclass(frozen=True)
class Home:
    """What a home of cases holds after its runs: the published requests, the quarantined lines, and every text of the lake."""

    requests: list[dict[str, Any]]
    quarantined: dict[tuple[str, int], str]
    texts: str


@contextmanager
def local_time(zone: str) -> Iterator[None]:
    """A process whose own clock is of that zone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        yield


def copy(case: str, home: Path) -> None:
    """Put the case's landing area into the home."""
    shutil.copytree(HERE / case / "landing", home / "landing", dirs_exist_ok=True)


def run_hours(home: Path, first: str, hours: int) -> None:
    """Run these landing hours with the shipped sources."""
    start = datetime.fromisoformat(first)
    settings = Settings(home=with_parsed_project(home), sources=PROJECT / "sources.yml")
    run(HourRange(start, start + timedelta(hours=hours)), settings, auditor())


def seen(home: Path) -> Home:
    """What the home holds now."""
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
    return Home([dict(zip(names, row, strict=True)) for row in rows], quarantined, "\n".join(texts))


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """All cases that can share a home, after a run of their hours; those of the night of the change of clocks in a zone that has one."""
    home = tmp_path_factory.mktemp("cases")
    for case in CASES.keys() - {"40-real-outage"}:
        copy(case, home)
    with local_time("Europe/Berlin"):
        run_hours(home, "2026-10-25T00:00", 4)
        run_hours(home, "2026-11-28T00:00", 8)
    return seen(home)


@pytest.fixture(scope="session")
def outage(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The hour of an outage, which audits may find surprising."""
    home = tmp_path_factory.mktemp("outage")
    copy("40-real-outage", home)
    run_hours(home, "2026-11-28T07:00", 1)
    return seen(home)


def files_of(case: str) -> dict[str, Path]:
    """The case's landing files, by the names that they land under."""
    folder = HERE / case
    return {landing_name(file, folder): file for file in sorted(folder.glob("landing/**/*")) if file.is_file()}


def lines_of(case: str) -> dict[str, tuple[str, int]]:
    """Where each record of the case stands, by its id."""
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
    """Every request of every case, and what is said of a case as a whole, as parameters."""
    for case, expected in CASES.items():
        for name in [*expected.get("requests", {}), *(["*"] if expected.keys() - {"requests"} else [])]:
            is_not_yet = f"{case}:{name}" in NOT_YET or f"{case}:*" in NOT_YET
            marks = [pytest.mark.xfail(strict=True, reason="not right yet")] if is_not_yet else []
            yield pytest.param(case, name, id=f"{case}:{name}", marks=marks)


def is_as_said(row: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether the request has these values; amounts and times are written as text."""
    for name, value in expected.items():
        found = row[COLUMNS[name]]
        if name in ("payout", "cost"):
            value = None if value is None else Decimal(value)
        elif name == "requested_at":
            value = datetime.fromisoformat(value)
        if found != value:
            return False
    return True


@pytest.mark.parametrize(("case", "name"), expectations())
def test_a_record_of_a_real_gateway_comes_out_right(case: str, name: str, request: pytest.FixtureRequest) -> None:
    home: Home = request.getfixturevalue("outage" if case == "40-real-outage" else "together")
    files = files_of(case)
    rows = [row for row in home.requests if row["landing_file"] in files]
    if name == "*":
        whole = CASES[case]
        assert "rows" not in whole or len(rows) == whole["rows"]
        assert "cost" not in whole or sum(row["cost_usd"] for row in rows) == Decimal(whole["cost"])
        assert "absent" not in whole or not re.findall(whole["absent"], home.texts)
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
    assert all(is_as_said(row, expected) for row in found), found
