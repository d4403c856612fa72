"""Generated logs: they are reproducible, complete and plausible over a day, and contain every kind of line."""

import gzip
import json
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from generated_logs import FIELDS, HOUR, START, fault, few_examples, files, intact, lines, outcome, pace, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from makegood.generation.gateway import HERE, RHYTHM, generate

pytestmark = pytest.mark.long


@few_examples
@given(seed=st.integers(0, 2**63 - 1), first=st.integers(1, 3), more=st.integers(1, 2))
def test_an_hour_does_not_depend_on_how_many_hours_follow(
    tmp_path_factory: pytest.TempPathFactory, seed: int, first: int, more: int
) -> None:
    short, long = (tmp_path_factory.mktemp("landing") for _ in range(2))
    generate(short, START, first, 200, seed)
    generate(long, START, first + more, 200, seed)
    assert files(short).items() <= files(long).items()
    assert len(files(short)) < len(files(long))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_gives_other_requests(tmp_path: Path) -> None:
    requests = {}
    for name, seed in {"once": 7, "again": 7, "other": 8}.items():
        written = generate(tmp_path / name, START, 2, 2_000, seed)
        requests[name] = {record["request_id"] for file in written for record in intact(file.path)}
    assert files(tmp_path / "once") == files(tmp_path / "again")
    assert not requests["once"] & requests["other"]


def test_uncompressed_files_have_the_content_of_compressed_ones_and_replace_them(tmp_path: Path) -> None:
    generate(tmp_path, START, 2, 2_000, 7)
    packed = {name.removesuffix(".gz"): gzip.decompress(data) for name, data in files(tmp_path).items()}
    generate(tmp_path, START, 2, 2_000, 7, is_compressed=False)
    assert files(tmp_path) == packed


def test_every_file_is_reported_with_its_path_lines_and_size_on_disk(tmp_path: Path) -> None:
    reported = []
    written = generate(tmp_path, START, 4, 2_000, 7, report=reported.append)
    assert sorted(reported, key=lambda file: file.path) == sorted(written, key=lambda file: file.path)
    assert {file.path for file in written} == {path for path in tmp_path.rglob("*") if path.is_file()}
    assert all(file.lines == len(lines(file.path)) > 0 for file in written)
    assert all(file.size_bytes == file.path.stat().st_size for file in written)


def test_no_call_begins_before_the_start(tmp_path: Path) -> None:
    first, *others = generate(tmp_path, START, 2, 2_000, 7)
    assert first.path.name == "part-0000.jsonl.gz"
    assert {file.landed_hour for file in others} == {START + HOUR}
    for file in (first, *others):
        assert all(datetime.fromisoformat(record["requested_at"]) >= START for record in intact(file.path))


def test_a_file_that_cannot_be_written_completely_leaves_the_previous_one_unchanged(tmp_path: Path) -> None:
    path = generate(tmp_path, START, 1, 200, 7)[0].path
    before = path.read_bytes()
    (tmp_path / "gateway" / ".2026-11-01-00-part-0000.jsonl.gz").mkdir()
    with pytest.raises(OSError, match="part-0000"):
        generate(tmp_path, START, 1, 200, 8)
    assert path.read_bytes() == before


def test_the_number_of_calls_follows_the_daily_rhythm(tmp_path: Path) -> None:
    assert sum(RHYTHM) == 24 * 100
    night, day = (
        sum(file.lines for file in generate(tmp_path, START + number * HOUR, 2, 1_000, 7)) for number in (2, 10)
    )
    assert night == pytest.approx(10 * (RHYTHM[2] + RHYTHM[3]), rel=0.1)
    assert day == pytest.approx(10 * (RHYTHM[10] + RHYTHM[11]), rel=0.1)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"start": START + timedelta(minutes=1)}, "full hour"),
        ({"hours": 0}, "at least 1 hour"),
        ({"rows_per_hour": 9}, "at least 10 rows"),
        ({"seed": -1}, "seed"),
    ],
)
def test_an_argument_out_of_range_is_refused_before_anything_is_written(
    tmp_path: Path, changed: dict[str, Any], complaint: str
) -> None:
    arguments = {"start": START, "hours": 1, "rows_per_hour": 50, "seed": 7} | changed
    with pytest.raises(ValueError, match=complaint):
        generate(tmp_path, **arguments)
    assert not files(tmp_path)


@settings(few_examples, max_examples=2)
@given(seed=st.integers(0, 2**63 - 1))
def test_a_day_of_fifty_calls_per_hour_contains_every_kind_of_line(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    seen = set()
    deliveries = defaultdict(list)
    calls = defaultdict(set)
    for file in generate(tmp_path_factory.mktemp("landing"), START, 24, 50, seed):
        seen |= {fault(line, file.landed_hour) for line in lines(file.path)}
        for record in intact(file.path):
            deliveries[record["request_id"]].append((file, record))
            calls[record["gateway_call_id"]].add(record["request_id"])
            seen.add(outcome(record))
            seen.add(pace(record))
            if "\u2028" in json.dumps(record, ensure_ascii=False):
                seen.add("line_separator")
    seen |= {str(len(requests)) for requests in calls.values()}
    for (first, one), *redeliveries in deliveries.values():
        if not redeliveries:
            late = datetime.fromisoformat(one["requested_at"]) < first.landed_hour
            seen.add("late" if late else "once")
        for second, other in redeliveries:
            changed = {name for name in FIELDS if one.get(name) != other.get(name)}
            seen.add(
                {
                    frozenset(): "repeated" if first == second else "repeated_later",
                    frozenset({"cost_usd"}): "corrected",
                    frozenset({"requested_at", "completed_at"}): "moved",
                }[frozenset(changed)]
            )
    kinds = {row["kind"] for row in rows(HERE / "shares.csv") if not row["draw"].startswith("verdict")}
    unmarked = {"usual", "slow"}
    assert kinds - unmarked <= seen
    assert seen - kinds <= {None, "embedded"}
