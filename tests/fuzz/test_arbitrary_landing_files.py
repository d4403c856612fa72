"""Fuzz tests of landing: beside arbitrary files a valid file lands completely, every record is accounted for, and no cost changes."""

from __future__ import annotations

import gzip
import json
import random
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import zstandard
from hostile import cases, damaged_bytes, json_line, mutated_record, sample_lines, text
from running_gateway import FIRST, record

from makegood.ingestion.finding import find_files
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.landing import land
from makegood.ingestion.sources import ASSESSMENTS, read_sources

FILES_AT_ONCE = 12
SOURCES = """
sources:
  - name: canonical
    adapter: canonical
    files: "landing/canonical/{date}/{hour}/*"
  - name: litellm
    adapter: litellm
    files: "landing/litellm/{date}/{hour}/*"
assessments:
  - name: judge
    files: "landing/judge/{date}/{hour}/*"
"""
ENDINGS = [".jsonl", ".json", ".jsonl.gz", ".jsonl.zst", ".csv", ".parquet"]
TEXT_FIELDS = [
    "request_id", "account_id", "model", "provider", "api_key_ref", "trace_id", "gateway_call_id", "finish_reason", "error_message",
    "native_finish_reason", "status_code", "error_code", "model_served",
]  # fmt: skip


def canonical_line(rng: random.Random, number: int) -> bytes:
    valid = record(f"r{number}", FIRST + timedelta(minutes=number), account_id="other")
    return json_line(mutated_record(rng, valid))


def packed(ending: str, data: bytes) -> bytes:
    if ending.endswith(".gz"):
        return gzip.compress(data, mtime=0)
    return zstandard.compress(data) if ending.endswith(".zst") else data


def random_file(rng: random.Random, feed: str, genuine: list[bytes]) -> bytes:
    lines = (
        [rng.choice(genuine) + b"\n" for _ in range(3)]
        if feed == "litellm"
        else [canonical_line(rng, number) for number in range(5)]
    )
    if feed == "litellm" and rng.random() < 0.5:
        lines = [json_line(mutated_record(rng, json.loads(line))) for line in lines]
    data = b"".join(lines)
    return damaged_bytes(rng, data) if rng.random() < 0.7 else data


def land_all(home: Path) -> dict[str, tuple[int, int, int, int]]:
    """Land all files; returns for each landed file how many records were read, landed, ignored and quarantined."""
    files = find_files(read_sources(home / "sources.yml", home), [FIRST], home)
    with closing(Inventory(home / "lake" / "inventory.sqlite")) as inventory:
        landed = land(files, home / "lake", inventory)
        assert inventory.torn_files(ASSESSMENTS.stem) == []
    return {
        Path(file.landing_file).name: (
            file.records_read, file.landed_count, file.ignored_count, file.quarantined_count,
        )
        for file in landed
    }  # fmt: skip


def count_and_cost(home: Path, account: str) -> tuple[int, Decimal]:
    with duckdb.connect() as con:
        found = con.execute(
            "select count(*), coalesce(sum(cost_usd), 0) from read_parquet(?) where account_id = ?",
            [str(home / "lake" / "request_logs" / "*" / "*" / "*.parquet"), account],
        ).fetchone()
    assert found is not None
    return found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose landing area contains one valid file, with records of an account that no other file uses."""
    (tmp_path / "sources.yml").write_text(SOURCES)
    (tmp_path / "lake").mkdir()
    good = [record(f"good{n}", FIRST + timedelta(minutes=n), account_id="good account") for n in range(20)]
    put(tmp_path, "canonical", "good.jsonl", b"".join(map(json_line, good)))
    return tmp_path


def put(home: Path, feed: str, name: str, data: bytes) -> None:
    file = home / "landing" / feed / f"{FIRST:%Y-%m-%d}" / f"{FIRST:%H}" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def test_a_valid_file_lands_completely_next_to_arbitrary_files(
    tmp_path_factory: pytest.TempPathFactory, home: Path
) -> None:
    genuine = sample_lines()
    for number, rng in enumerate(cases("bytes", 5)):
        place = tmp_path_factory.mktemp(f"case{number}")
        (place / "lake").mkdir()
        (place / "landing").symlink_to(place / "files")
        (place / "files").mkdir()
        (place / "sources.yml").write_text(SOURCES)
        put(place, "canonical", "good.jsonl", next(home.glob("landing/*/*/*/good.jsonl")).read_bytes())
        for index in range(FILES_AT_ONCE):
            ending, feed = rng.choice(ENDINGS), rng.choice(["canonical", "litellm"])
            data = packed(ending, random_file(rng, feed, genuine))
            put(place, feed, f"f{index}{ending}", damaged_bytes(rng, data) if rng.random() < 0.3 else data)
        landed = land_all(place)
        assert landed["good.jsonl"] == (20, 20, 0, 0), number
        for name, (read, landed_count, ignored, quarantined) in landed.items():
            assert read == landed_count + ignored + quarantined, (number, name)
        assert count_and_cost(place, "good account") == (20, Decimal("0.2")), number


def test_a_record_with_arbitrary_text_in_any_field_lands_or_is_quarantined_and_no_cost_changes(home: Path) -> None:
    lines = []
    for number, rng in enumerate(cases("texts", 300)):
        valid = record(f"r{number}", FIRST, account_id="other")
        lines.append(json_line(valid | {rng.choice(TEXT_FIELDS): text(rng)}))
        if len(lines) == 300:
            put(home, "canonical", f"texts{number}.jsonl", b"".join(lines))
            lines = []
    put(home, "canonical", "texts.jsonl", b"".join(lines))
    for name, (read, landed_count, ignored, quarantined) in land_all(home).items():
        assert read == landed_count + ignored + quarantined, name
    assert count_and_cost(home, "good account") == (20, Decimal("0.2"))
    with duckdb.connect() as con:
        changed_and_total = con.execute(
            "select count(*) filter (where cost_usd <> 0.01), count(*) from read_parquet(?)",
            [str(home / "lake" / "request_logs" / "*" / "*" / "*.parquet")],
        ).fetchone()
    assert changed_and_total is not None and changed_and_total[0] == 0 and changed_and_total[1] > 20
