"""Generated verdicts: most refer to calls that the generated gateway logs contain, and all kinds occur."""

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
    """The records of the intact lines of each landing hour, in order."""
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


def test_most_verdicts_are_about_logged_requests(landing: Path) -> None:
    requested = {row.get("request_id"): hour for hour, rows in read(landing / "gateway").items() for row in rows}
    verdict_rows = [(hour, row) for hour, rows in read(landing / "assessments").items() for row in rows]
    known = [(hour, row) for hour, row in verdict_rows if row["request_id"] in requested]
    assert len(verdict_rows) > 300
    assert 0.9 < len(known) / len(verdict_rows) < 1
    delays = Counter(hour - requested[row["request_id"]] for hour, row in known)
    assert delays[0] > delays[1] > delays[5] > 0
    assert set(delays) <= {hours - held for hours in DELAYS for held in range(4)}


def test_every_kind_of_verdict_occurs_and_some_verdicts_are_reversed_later(landing: Path) -> None:
    verdict_rows = [row for rows in read(landing / "assessments").values() for row in rows]
    verdicts = Counter(row["verdict"] for row in verdict_rows)
    assert verdicts["satisfactory"] > verdicts["unsatisfactory"] > verdicts["inconclusive"] > 0
    by_request: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(verdict_rows, key=lambda row: row["assessed_at"]):
        by_request.setdefault(row["request_id"], []).append(row)
    repeated = [rows for rows in by_request.values() if len(rows) > 1]
    assert repeated
    assert all(first["verdict"] != second["verdict"] for first, second in repeated)
    assert all((row["score"] >= 0.7) for row in verdict_rows if row["verdict"] == "unsatisfactory")
    assert {"requested_at" in row for row in verdict_rows} == {True, False}


def test_every_verdict_is_given_within_its_landing_hour(landing: Path) -> None:
    for hour, rows in read(landing / "assessments").items():
        for row in rows:
            assert row["assessed_at"].startswith(f"{START + HOUR * hour:%Y-%m-%dT%H}"), row


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_bytes(landing: Path, tmp_path: Path) -> None:
    first = (landing / "assessments/2026-11-01/05/verdicts-0000.jsonl.gz").read_bytes()
    for seed, is_same in ((7, True), (8, False)):
        generate_verdicts(tmp_path, START, 6, ROWS, seed)
        assert ((tmp_path / "assessments/2026-11-01/05/verdicts-0000.jsonl.gz").read_bytes() == first) is is_same
