"""A gateway's made-up logs are repeatable, exact to the price list, bursty like real ones, of every kind."""

import csv
import gzip
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from makegood.generation.gateway import HERE, RHYTHM, generate
from makegood.generation.samples import sample

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
CALLS = 100_000
FIELDS = {
    "request_id",
    "trace_id",
    "gateway_call_id",
    "account_id",
    "api_key_ref",
    "requested_at",
    "completed_at",
    "model",
    "model_served",
    "provider",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cost_usd",
    "cache_hit",
    "latency_ms",
    "ttft_ms",
    "streamed",
    "cancelled",
    "finish_reason",
    "native_finish_reason",
    "status_code",
    "error_code",
    "error_message",
    "max_output_tokens",
    "meta",
    "region",
}
RETRIED = {"bad_gateway", "unavailable", "provider_rate_limited"}
OF_CHATS_ALONE = {
    "stop",
    "tool_calls",
    "caller_limit",
    "truncated",
    "content_filter",
    "empty",
    "thought_only",
}
# A failing seed is as good as any smaller one: nothing is shrunk.
few_examples = settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate])

pytestmark = pytest.mark.long


@cache
def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def shares(draw: str) -> dict[str, float]:
    return {row["kind"]: int(row["share_bp"]) / 10_000 for row in rows(HERE / "shares.csv") if row["draw"] == draw}


def faults() -> set[str]:
    """Return the kinds of lines that are broken, or lack what others have."""
    return {
        row["kind"] for row in rows(HERE / "shares.csv") if row["description"].startswith(("broken line", "odd line"))
    }


def files(landing: Path) -> dict[str, bytes]:
    return {path.relative_to(landing).as_posix(): path.read_bytes() for path in landing.rglob("*") if path.is_file()}


def lines(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).split(b"\n")[:-1]


def fault(line: bytes, landed_hour: datetime) -> str | None:
    """Name what is wrong with a line, as shares.csv does; None for an intact one."""
    try:
        record = json.loads(line)
    except ValueError:
        return "blank" if not line else "malformed" if line.startswith(b"}") else "cut_short"
    if not isinstance(record, dict):
        return "not_an_object"
    for field, name in {"request_id": "missing_request_id", "requested_at": "missing_timestamp"}.items():
        if field not in record:
            return name
    if "model" not in record:
        return "missing_model"
    try:
        requested_at = datetime.fromisoformat(record["requested_at"])
    except ValueError:
        return "bad_timestamp"
    if requested_at > landed_hour + HOUR + timedelta(minutes=5):
        return "future_timestamp"
    tokens = [record.get(f"{name}_tokens", 0) for name in ("input", "output")]
    return "negative_value" if min(tokens) < 0 else "out_of_range" if max(tokens) >= 2**63 else None


@cache
def outcome_of_error() -> dict[str, str]:
    return {row["error_code"]: row["kind"] for row in rows(HERE / "outcomes.csv") if row["error_code"]}


def outcome(record: dict[str, Any]) -> str:
    """Name the outcome of a request as outcomes.csv does, from what its log says."""
    output = record.get("output_tokens")
    match record:
        case {"cache_hit": True}:
            return "cache_hit"
        case {"error_code": str(code)}:
            return outcome_of_error()[code]
        case {"finish_reason": "length"}:
            return "caller_limit" if output == record.get("max_output_tokens") else "truncated"
        case {"finish_reason": "stop"} if output == 0:
            return "empty"
        case {"finish_reason": "stop"} if output == record.get("reasoning_tokens"):
            return "thought_only"
    return str(record.get("finish_reason", "embedded"))


def pace(record: dict[str, Any]) -> str:
    """Name the pace of a request as shares.csv does; a slow one leaves no mark of its own."""
    generation_ms = record["latency_ms"] - record.get("ttft_ms", 0)
    is_crawling = generation_ms > 30_000 and 1_000 * record.get("output_tokens", math.inf) < 5 * generation_ms
    return "stalled" if record["latency_ms"] >= 600_000 else "crawling" if is_crawling else "usual"


def intact(path: Path) -> Iterator[dict[str, Any]]:
    landed_hour = datetime.fromisoformat(f"{path.parts[-3]}T{path.parts[-2]}:00:00+00:00")
    for line in lines(path):
        if fault(line, landed_hour) is None:
            yield json.loads(line)


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One landing file of 100,000 calls."""
    landing = tmp_path_factory.mktemp("hour")
    return generate(landing, START, 1, CALLS, 7, is_steady=True)[0].path


@pytest.fixture(scope="module")
def records(hour: Path) -> list[dict[str, Any]]:
    """Each intact request of the hour once, as its last delivery in the file says."""
    return list({record["request_id"]: record for record in intact(hour)}.values())


@few_examples
@given(seed=st.integers(0, 2**63 - 1), first=st.integers(1, 3), more=st.integers(1, 2))
def test_an_hour_is_the_same_however_many_hours_follow(
    tmp_path_factory: pytest.TempPathFactory, seed: int, first: int, more: int
) -> None:
    short, long = (tmp_path_factory.mktemp("landing") for _ in range(2))
    generate(short, START, first, 200, seed)
    generate(long, START, first + more, 200, seed)
    assert files(short).items() <= files(long).items()
    assert len(files(short)) < len(files(long))


def test_the_same_seed_gives_the_same_bytes_and_another_other_requests(tmp_path: Path) -> None:
    requests = {}
    for name, seed in {"once": 7, "again": 7, "other": 8}.items():
        written = generate(tmp_path / name, START, 2, 2_000, seed)
        requests[name] = {record["request_id"] for file in written for record in intact(file.path)}
    assert files(tmp_path / "once") == files(tmp_path / "again")
    assert not requests["once"] & requests["other"]


def test_plain_files_hold_what_gzipped_ones_do_and_take_their_place(tmp_path: Path) -> None:
    generate(tmp_path, START, 2, 2_000, 7)
    packed = {name.removesuffix(".gz"): gzip.decompress(data) for name, data in files(tmp_path).items()}
    generate(tmp_path, START, 2, 2_000, 7, is_compressed=False)
    assert files(tmp_path) == packed


def test_every_file_is_reported_as_it_stands_on_disk(tmp_path: Path) -> None:
    reported = []
    written = generate(tmp_path, START, 4, 2_000, 7, report=reported.append)
    assert sorted(reported, key=lambda file: file.path) == sorted(written, key=lambda file: file.path)
    assert {file.path for file in written} == {path for path in tmp_path.rglob("*") if path.is_file()}
    assert all(file.lines == len(lines(file.path)) > 0 for file in written)
    assert all(file.size_bytes == file.path.stat().st_size for file in written)


def test_nothing_tells_of_calls_before_the_start(tmp_path: Path) -> None:
    first, *others = generate(tmp_path, START, 2, 2_000, 7)
    assert first.path.name == "part-0000.jsonl.gz"
    assert {file.landed_hour for file in others} == {START + HOUR}
    for file in (first, *others):
        assert all(datetime.fromisoformat(record["requested_at"]) >= START for record in intact(file.path))


def test_a_file_that_cannot_be_finished_leaves_the_one_before_untouched(tmp_path: Path) -> None:
    path = generate(tmp_path, START, 1, 200, 7)[0].path
    before = path.read_bytes()
    (tmp_path / "gateway" / ".2026-11-01-00-part-0000.jsonl.gz").mkdir()
    with pytest.raises(OSError, match="part-0000"):
        generate(tmp_path, START, 1, 200, 8)
    assert path.read_bytes() == before


def test_calls_follow_the_rhythm_of_the_day(tmp_path: Path) -> None:
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
def test_a_day_of_fifty_calls_an_hour_has_every_kind(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
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
    for (first, one), *again in deliveries.values():
        if not again:
            late = datetime.fromisoformat(one["requested_at"]) < first.landed_hour
            seen.add("late" if late else "once")
        for second, other in again:
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


def assert_binomial(count: int, trials: int, share: float, kind: str) -> None:
    """Fail where a count is further from its mean than one in a million draws would be."""
    deviation = math.sqrt(trials * share * (1 - share))
    assert abs(count - trials * share) <= 5 * deviation + 1, f"{kind}: {count} of {trials}, expected {share:.4%}"


def test_outcomes_come_in_their_shares(records: list[dict[str, Any]]) -> None:
    delivery, attempts = shares("delivery"), shares("attempts")
    in_time = 1 - delivery["late"] - sum(delivery[kind] for kind in faults())
    retried = dict.fromkeys(RETRIED, (attempts["2"] + 2 * attempts["3"]) / 3)
    embedding = next(row for row in rows(HERE / "models.csv") if row["is_embedding"] == "true")
    chats = 1 - int(embedding["weight_bp"]) / 10_000
    counts = Counter(outcome(record) for record in records)
    for kind, share in shares("outcome").items():
        expected = share * in_time * (chats if kind in OF_CHATS_ALONE else 1) + retried.get(kind, 0)
        assert_binomial(counts[kind], CALLS, expected, kind)


def test_crawling_and_stalled_calls_come_in_their_shares(records: list[dict[str, Any]]) -> None:
    answered = [r for r in records if outcome(r) not in ("cache_hit", "embedded") and r.get("output_tokens")]
    # The slowest host crawls a little of itself when it is slow.
    counts = Counter(pace(record) for record in answered if record["provider"] != "replicate")
    for kind in ("crawling", "stalled"):
        assert_binomial(counts[kind], counts.total(), shares("pace")[kind], kind)


def test_lines_are_intact_but_for_the_intended_share(hour: Path) -> None:
    counts = Counter(fault(line, START) for line in lines(hour))
    assert counts.keys() <= faults() | {None}
    for kind in faults():
        assert_binomial(counts[kind], CALLS, shares("delivery")[kind], kind)


def test_intact_lines_hold_canonical_fields_of_sound_values(records: list[dict[str, Any]]) -> None:
    assert set().union(*records) == FIELDS
    for record in records:
        requested_at, completed_at = (datetime.fromisoformat(record[f"{end}_at"]) for end in ("requested", "completed"))
        assert completed_at - requested_at == timedelta(milliseconds=record["latency_ms"])
        assert record.get("ttft_ms", 0) <= record["latency_ms"]
        assert record["streamed"] or "ttft_ms" not in record
        assert record.get("cached_tokens", 0) <= record.get("input_tokens", math.inf)
        assert record.get("reasoning_tokens", 0) <= record.get("output_tokens", 0)
        if outcome(record) == "truncated":
            assert record["output_tokens"] < record.get("max_output_tokens", math.inf)
        assert record["meta"]["headers"]["authorization"].startswith("Bearer sk-")
        assert record["cancelled"] == (record["status_code"] == "499")


def test_costs_are_tokens_at_the_listed_price_to_the_last_decimal(tmp_path: Path) -> None:
    prices = {row["price_key"]: row for row in rows(sample("prices/model_prices.csv"))}
    listed = {row["model"]: prices.get(row["price_key"]) for row in rows(HERE / "models.csv")}
    unbilled = {row["kind"] for row in rows(HERE / "outcomes.csv") if row["is_billed"] == "false"}
    written = generate(tmp_path, START, 3, 20_000, 7, is_steady=True)
    last_deliveries = {record["request_id"]: record for file in written for record in intact(file.path)}
    # What was delivered first in the last hour may be corrected in an hour that was not made.
    settled = [r for r in last_deliveries.values() if r["requested_at"] < f"{START + 2 * HOUR:%Y-%m-%dT%H}"]
    assert len(settled) > 39_000
    for record in settled:
        price = listed[record["model"]]
        if outcome(record) in unbilled:
            assert record["cost_usd"] == "0.000000000000"
        elif price is None:
            assert record["cost_usd"] is None
        else:
            cached = record.get("cached_tokens", 0)
            assert Decimal(record["cost_usd"]) == (
                (record["input_tokens"] - cached) * Decimal(price["input_usd"])
                + cached * Decimal(price["cached_input_usd"] or 0)
                + record.get("output_tokens", 0) * Decimal(price["output_usd"])
            )


def test_retries_share_their_call_and_come_one_after_the_other(records: list[dict[str, Any]]) -> None:
    calls = defaultdict(list)
    for record in records:
        calls[record["gateway_call_id"]].append(record)
    retried = [attempts for attempts in calls.values() if len(attempts) > 1]
    assert retried
    for attempts in retried:
        assert len({record.get("account_id") for record in attempts}) == 1
        ends = [(record["requested_at"], record["completed_at"]) for record in attempts]
        assert all(completed_at <= next_at for (_, completed_at), (next_at, _) in pairwise(ends))
        assert {outcome(record) for record in attempts[:-1]} <= RETRIED


def burstiness(offsets: list[float]) -> float:
    """Excess variance of arrivals per 3,600th of their span, in squares of the mean; 0: independent."""
    span = max(offsets) + 1e-9
    counts = Counter(int(3_600 * offset / span) for offset in offsets)
    mean = len(offsets) / 3_600
    variance = sum((counts[second] - mean) ** 2 for second in range(3_600)) / 3_600
    return (variance - mean) / mean**2


def test_arrivals_are_as_bursty_as_the_real_ones(records: list[dict[str, Any]]) -> None:
    with gzip.open(sample("azure/arrivals.csv.gz"), "rt", encoding="utf-8") as text:
        real = burstiness([int(row["arrived_us"]) for row in csv.DictReader(text)])
    offsets = [(datetime.fromisoformat(r["requested_at"]) - START).total_seconds() for r in records]
    made = burstiness(offsets)
    even = burstiness([float(offset) for offset in range(CALLS)])
    assert made == pytest.approx(real, rel=0.15)
    assert abs(even) < 0.1 * real
    assert min(offsets) < 10
    assert 3_590 < max(offsets) < 3_610
