"""A made-up judge's verdicts speak of the calls that the made-up gateway logs, most of them, and come in their shares."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from makegood.generation.gateway import HOUR, generate
from makegood.generation.judge import DELAYS, generate_verdicts

START = datetime(2026, 11, 1, tzinfo=UTC)
HOURS = 8
ROWS = 6_000
Lines = list[dict[str, Any]]


def read(folder: Path) -> dict[int, Lines]:
    """The good lines of each landing hour, in order."""
    lines: dict[int, Lines] = {}
    for file in sorted(folder.rglob("*.jsonl.gz")):
        for text in gzip.decompress(file.read_bytes()).split(b"\n"):
            if text.startswith(b"{") and text.endswith(b"}"):
                lines.setdefault(int(file.parent.name), []).append(json.loads(text))
    return lines


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("landing")
    generate(landing, START, HOURS, ROWS, 7)
    generate_verdicts(landing, START, HOURS, ROWS, 7)
    return landing


def test_verdicts_speak_of_logged_requests_but_for_a_few(landing: Path) -> None:
    requested = {row.get("request_id"): hour for hour, rows in read(landing / "gateway").items() for row in rows}
    spoken = [(hour, row) for hour, rows in read(landing / "assessments").items() for row in rows]
    known = [(hour, row) for hour, row in spoken if row["request_id"] in requested]
    assert len(spoken) > 300
    assert 0.9 < len(known) / len(spoken) < 1
    delays = Counter(hour - requested[row["request_id"]] for hour, row in known)
    assert delays[0] > delays[1] > delays[5] > 0
    assert set(delays) <= {hours - held for hours in DELAYS for held in range(4)}


def test_verdicts_are_of_every_kind_and_some_are_given_again_the_other_way_round(landing: Path) -> None:
    spoken = [row for rows in read(landing / "assessments").values() for row in rows]
    verdicts = Counter(row["verdict"] for row in spoken)
    assert verdicts["satisfactory"] > verdicts["unsatisfactory"] > verdicts["inconclusive"] > 0
    by_request: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(spoken, key=lambda row: row["assessed_at"]):
        by_request.setdefault(row["request_id"], []).append(row)
    again = [rows for rows in by_request.values() if len(rows) > 1]
    assert again
    assert all(first["verdict"] != second["verdict"] for first, second in again)
    assert all((row["score"] >= 0.7) for row in spoken if row["verdict"] == "unsatisfactory")
    assert {"requested_at" in row for row in spoken} == {True, False}


def test_no_verdict_is_from_the_future_and_none_is_before_its_landing_hour(landing: Path) -> None:
    for hour, rows in read(landing / "assessments").items():
        for row in rows:
            assert row["assessed_at"].startswith(f"{START + HOUR * hour:%Y-%m-%dT%H}"), row


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(landing: Path, tmp_path: Path) -> None:
    first = (landing / "assessments/2026-11-01/05/verdicts-0000.jsonl.gz").read_bytes()
    for seed, is_same in ((7, True), (8, False)):
        generate_verdicts(tmp_path, START, 6, ROWS, seed)
        assert ((tmp_path / "assessments/2026-11-01/05/verdicts-0000.jsonl.gz").read_bytes() == first) is is_same
