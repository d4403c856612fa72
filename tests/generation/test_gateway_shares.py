"""One generated hour of 100,000 calls has its outcomes, faults, prices, retries and bursts in the intended shares."""

import csv
import gzip
import math
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from generated_logs import FIELDS, HOUR, START, fault, intact, lines, outcome, pace, rows

from makegood.generation.gateway import HERE, generate
from makegood.generation.samples import sample

CALLS = 100_000
RETRIED = {"bad_gateway", "unavailable", "provider_rate_limited"}
CHAT_OUTCOMES = {
    "stop",
    "tool_calls",
    "caller_limit",
    "truncated",
    "content_filter",
    "empty",
    "thought_only",
}

pytestmark = pytest.mark.long


def shares(draw: str) -> dict[str, float]:
    return {row["kind"]: int(row["share_bp"]) / 10_000 for row in rows(HERE / "shares.csv") if row["draw"] == draw}


def faults() -> set[str]:
    """The kinds of lines that are broken or lack a field."""
    return {
        row["kind"] for row in rows(HERE / "shares.csv") if row["description"].startswith(("broken line", "odd line"))
    }


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing file with one hour of 100,000 calls."""
    landing = tmp_path_factory.mktemp("hour")
    return generate(landing, START, 1, CALLS, 7, is_steady=True)[0].path


@pytest.fixture(scope="module")
def records(hour: Path) -> list[dict[str, Any]]:
    """The last intact delivery of each request in the file."""
    return list({record["request_id"]: record for record in intact(hour)}.values())


def assert_binomial(count: int, trials: int, share: float, kind: str) -> None:
    """Fail if a count is further from its mean than one in a million binomial draws would be."""
    deviation = math.sqrt(trials * share * (1 - share))
    assert abs(count - trials * share) <= 5 * deviation + 1, f"{kind}: {count} of {trials}, expected {share:.4%}"


def test_outcomes_occur_in_the_intended_shares(records: list[dict[str, Any]]) -> None:
    delivery, attempts = shares("delivery"), shares("attempts")
    in_time = 1 - delivery["late"] - sum(delivery[kind] for kind in faults())
    retried = dict.fromkeys(RETRIED, (attempts["2"] + 2 * attempts["3"]) / 3)
    embedding = next(row for row in rows(HERE / "models.csv") if row["is_embedding"] == "true")
    chats = 1 - int(embedding["weight_bp"]) / 10_000
    counts = Counter(outcome(record) for record in records)
    for kind, share in shares("outcome").items():
        expected = share * in_time * (chats if kind in CHAT_OUTCOMES else 1) + retried.get(kind, 0)
        assert_binomial(counts[kind], CALLS, expected, kind)


def test_crawling_and_stalled_calls_occur_in_the_intended_shares(records: list[dict[str, Any]]) -> None:
    answered = [r for r in records if outcome(r) not in ("cache_hit", "embedded") and r.get("output_tokens")]
    # Replicate is left out: it is so slow that some of its calls crawl without being drawn as crawling.
    counts = Counter(pace(record) for record in answered if record["provider"] != "replicate")
    for kind in ("crawling", "stalled"):
        assert_binomial(counts[kind], counts.total(), shares("pace")[kind], kind)


def test_faulty_lines_occur_in_the_intended_shares(hour: Path) -> None:
    counts = Counter(fault(line, START) for line in lines(hour))
    assert counts.keys() <= faults() | {None}
    for kind in faults():
        assert_binomial(counts[kind], CALLS, shares("delivery")[kind], kind)


def test_intact_lines_have_the_canonical_fields_with_consistent_values(records: list[dict[str, Any]]) -> None:
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


def test_costs_are_exactly_the_tokens_times_the_listed_prices(tmp_path: Path) -> None:
    prices = {row["price_key"]: row for row in rows(sample("prices/model_prices.csv"))}
    listed = {row["model"]: prices.get(row["price_key"]) for row in rows(HERE / "models.csv")}
    unbilled = {row["kind"] for row in rows(HERE / "outcomes.csv") if row["is_billed"] == "false"}
    written = generate(tmp_path, START, 3, 20_000, 7, is_steady=True)
    last_deliveries = {record["request_id"]: record for file in written for record in intact(file.path)}
    # Requests of the last hour are left out: their costs may be corrected in an hour that was not generated.
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


def test_retries_share_a_call_id_and_do_not_overlap(records: list[dict[str, Any]]) -> None:
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
    """The excess variance of arrivals per 3,600th of their span, divided by the squared mean; 0 if arrivals are independent."""
    span = max(offsets) + 1e-9
    counts = Counter(int(3_600 * offset / span) for offset in offsets)
    mean = len(offsets) / 3_600
    variance = sum((counts[second] - mean) ** 2 for second in range(3_600)) / 3_600
    return (variance - mean) / mean**2


def test_arrivals_are_as_bursty_as_in_the_recorded_sample(records: list[dict[str, Any]]) -> None:
    with gzip.open(sample("azure/arrivals.csv.gz"), "rt", encoding="utf-8") as text:
        real = burstiness([int(row["arrived_us"]) for row in csv.DictReader(text)])
    offsets = [(datetime.fromisoformat(r["requested_at"]) - START).total_seconds() for r in records]
    generated = burstiness(offsets)
    even = burstiness([float(offset) for offset in range(CALLS)])
    assert generated == pytest.approx(real, rel=0.15)
    assert abs(even) < 0.1 * real
    assert min(offsets) < 10
    assert 3_590 < max(offsets) < 3_610
