"""Tests of the reference itself: the examples of the policy's documentation, and properties of every log, policy and order."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from makegood.policy.signals import signals
from oracle.baselines import Baselines
from oracle.challenge import make_challenge
from oracle.deciding import decide, payout
from oracle.merging import REACH, Place, homes_of, hour_of, requests_of, rounded
from oracle.policies import SIGNALS
from oracle.records import Detector, Log, Rule, Verdict
from oracle.reference import REASONS, answer
from oracle.signals import signals_of
from oracle.verdicts import detected_values

NOON = datetime(2026, 11, 3, 12)
SEEDED = settings(deadline=None, max_examples=20, phases=[Phase.explicit, Phase.generate])
"""Without shrinking, because a smaller seed does not give a simpler log."""
PRECEDENCE = {"service_failure": 1, "unsatisfactory_content": 2, "high_latency": 3}


def rule(
    rule_id: str, compensation_type: str, signal: str, threshold: str, rate: str, cap: str | None, **bounds: int
) -> Rule:
    return Rule(
        effective_from=datetime(2020, 1, 1),
        effective_to=None,
        policy_version="1",
        rule_id=rule_id,
        compensation_type=compensation_type,
        signal=signal,
        comparator="<" if signal == "throughput_tps" else ">=",
        threshold=Decimal(threshold),
        model_pattern="*",
        min_output_tokens=bounds.get("tokens"),
        min_latency_ms=bounds.get("ms"),
        payout_rate=Decimal(rate),
        payout_cap_usd=None if cap is None else Decimal(cap),
    )


DEFAULT = [
    rule("SF-1", "service_failure", "upstream_failed", "1", "1", None),
    rule("UC-1", "unsatisfactory_content", "empty_completion", "1", "1", None),
    rule("UC-4", "unsatisfactory_content", "truncated", "1", "0.25", "5", tokens=1),
    rule("HL-1", "high_latency", "latency_ratio", "2", "0.10", "1", tokens=1, ms=10_000),
    rule("HL-2", "high_latency", "latency_ratio", "3", "0.25", "5", tokens=1, ms=20_000),
    rule("HL-3", "high_latency", "latency_ratio", "5", "1", "25", tokens=1, ms=60_000),
    rule("HL-4", "high_latency", "throughput_tps", "5", "0.10", "1", tokens=64, ms=30_000),
    rule("HL-5", "high_latency", "latency_ms", "600000", "0.50", None),
]


def log(**values: Any) -> Log:
    """A billed and fast successful answer, except for the given values."""
    defaults: dict[str, Any] = dict.fromkeys(Log.__dataclass_fields__)
    defaults |= {
        "source": "g",
        "request_id": "r",
        "account_id": "a",
        "operation": "chat",
        "requested_at": NOON,
        "model": "m",
    }
    defaults |= {"output_tokens": 500, "latency_ms": 1000, "cost_usd": Decimal(1), "finish_reason": "stop"}
    defaults |= {"cost_basis": "billed", "is_answer_withheld": False}
    defaults |= {"landed_hour": hour_of(NOON), "landing_file": "f", "landing_line": 1}
    return Log(**(defaults | values))


@pytest.mark.parametrize(
    ("cost", "latency_ms", "changes", "rule_id", "payout_usd"),
    [
        ("0.041216", 26_000, {}, "HL-2", "0.010304"),
        ("0.20", 70_000, {"finish_reason": "length", "max_output_tokens": 1000}, "HL-3", "0.20"),
        ("1.000000000002", 26_000, {}, "HL-2", "0.250000000000"),
        ("1.000000000006", 26_000, {}, "HL-2", "0.250000000002"),
        ("300", 60_000, {}, "HL-3", "25"),
    ],
)
def test_the_examples_of_the_policy_are_paid_as_documented(
    cost: str, latency_ms: int, changes: dict[str, Any], rule_id: str, payout_usd: str
) -> None:
    (request,) = requests_of([log(cost_usd=Decimal(cost), latency_ms=latency_ms, **changes)], {})
    signals = signals_of(request, 8_000, detected_values([], [], NOON), None)
    decision = decide(request, signals, DEFAULT, PRECEDENCE, excluded=False, fault=None)
    assert (decision.deciding and decision.deciding.rule.rule_id, decision.payout_usd) == (rule_id, Decimal(payout_usd))


def test_a_payout_is_limited_to_the_cap_of_its_rule() -> None:
    capped = rule("UC-2", "unsatisfactory_content", "invalid_json", "1", "0.50", "5")
    assert payout(capped, Decimal(40)) == Decimal(5)


@given(units=st.integers(0, 10**18), rate=st.integers(0, 10_000))
def test_amounts_are_rounded_half_even_to_12_decimals(units: int, rate: int) -> None:
    exact = Fraction(units * rate, 10_000 * 10**12)
    payout_usd = rounded(exact)
    error = abs(Fraction(payout_usd) - exact) * 10**12
    assert error <= Fraction(1, 2)
    assert error < Fraction(1, 2) or int(payout_usd * 10**12) % 2 == 0


@given(hours=st.lists(st.integers(0, 600), min_size=1))
def test_homes_are_more_than_a_week_apart_and_the_first_hour_is_a_home(hours: list[int]) -> None:
    moments = [NOON + timedelta(hours=hour) for hour in hours]
    homes = homes_of(Place(moment, moment + REACH + timedelta(hours=1)) for moment in moments)
    assert homes[0] == min(moments)
    assert all(later - earlier > timedelta(days=7) for earlier, later in itertools.pairwise(homes))


@pytest.mark.long
@SEEDED
@given(seed=st.integers(0, 2**32))
def test_the_order_of_deliveries_does_not_matter_and_each_is_current_or_superseded(seed: int) -> None:
    challenge = make_challenge(seed, 100)
    expected, deliveries, verdicts = challenge.expected, list(challenge.deliveries), list(challenge.verdicts)
    Random(seed).shuffle(deliveries)
    Random(seed).shuffle(verdicts)
    repeated = answer(deliveries, verdicts, challenge.policy)

    def sort_key(row: dict[str, Any]) -> Any:
        return row["request_key"], row["requested_at"]

    assert sorted(expected.requests, key=sort_key) == sorted(repeated.requests, key=sort_key)
    assert expected.hours == repeated.hours
    assert sum(hour["landed_count"] for hour in expected.hours.values()) == len(deliveries)
    assert sum(hour["current_count"] for hour in expected.hours.values()) == len(expected.requests)


@pytest.mark.long
@SEEDED
@given(seed=st.integers(0, 2**32))
def test_a_request_has_a_known_reason_code_and_a_payout_of_at_most_its_cost(seed: int) -> None:
    for row in make_challenge(seed, 100).expected.requests:
        assert row["reason_code"] in REASONS
        assert 0 <= row["payout_usd"] <= (row["cost_usd"] or 0)
        assert (row["payout_usd"] > 0) == (row["reason_code"] == "compensated")


def requests_of_the_day_before(count: int, landed_hour: datetime) -> list[list[Log]]:
    """The given number of requests on the day before, with latencies of 1 ms, 2 ms and so on."""
    defaults = log(requested_at=NOON - timedelta(days=1), landed_hour=landed_hour)
    return [[replace(defaults, request_id=f"n{number}", latency_ms=number + 1)] for number in range(count)]


@pytest.mark.parametrize(
    ("count", "landed_hour", "baseline_ms"),
    [
        (49, datetime(2026, 11, 2, 23), None),
        (50, datetime(2026, 11, 2, 23), 48),
        (100, datetime(2026, 11, 2, 23), 95),
        (101, datetime(2026, 11, 2, 23), 96),
        (100, datetime(2026, 11, 3, 0), None),
    ],
)
def test_a_baseline_is_the_p95_of_at_least_50_requests_landed_before_the_day(
    count: int, landed_hour: datetime, baseline_ms: int | None
) -> None:
    (request,) = requests_of([log()], {})
    assert Baselines(requests_of_the_day_before(count, landed_hour), {}).baseline_ms(request) == baseline_ms
    (longer_request,) = requests_of([log(output_tokens=1024)], {})
    assert Baselines(requests_of_the_day_before(count, landed_hour), {}).baseline_ms(longer_request) is None


ALWAYS = datetime(2020, 1, 1)
DETECTORS = [
    Detector(ALWAYS, None, "human", "assessment_score", 1, True),
    Detector(ALWAYS, None, "human", "invalid_json", 1, False),
    Detector(ALWAYS, None, "invalid_json", "invalid_json", 2, True),
    Detector(ALWAYS, None, "*", "assessment_score", 3, True),
]


def verdict(detector: str, value: str, score: str | None = None, minute: int = 0) -> Verdict:
    at = NOON + timedelta(hours=1, minutes=minute)
    detected: dict[str, Any] = dict.fromkeys(Verdict.__dataclass_fields__)
    detected |= {"source": "g", "request_id": "r", "detector": detector, "verdict": value, "assessed_at": at}
    detected |= {"landed_hour": hour_of(at), "landing_file": "f", "landing_line": minute}
    return Verdict(**(detected | {"score": None if score is None else Decimal(score)}))


@pytest.mark.parametrize(
    ("verdicts", "score", "is_invalid_json"),
    [
        ([], None, None),
        ([verdict("judge", "unsatisfactory", "0.95")], "0.95", None),
        ([verdict("judge", "unsatisfactory", "0.95"), verdict("jury", "unsatisfactory", "0.97")], "0.97", None),
        ([verdict("judge", "unsatisfactory", "0.95"), verdict("human", "satisfactory", "0.99")], "0", "0"),
        ([verdict("judge", "satisfactory", "0.1"), verdict("human", "unsatisfactory")], "1", None),
        ([verdict("judge", "unsatisfactory"), verdict("jury", "unsatisfactory", "0.3")], "0.3", None),
        ([verdict("judge", "unsatisfactory", "0.95"), verdict("judge", "inconclusive", "0.95", 1)], None, None),
        ([verdict("judge", "unsatisfactory", "0.95", 1), verdict("judge", "satisfactory", "0.1")], "0.95", None),
        ([verdict("invalid_json", "unsatisfactory", "1")], None, "1"),
        ([verdict("invalid_json", "unsatisfactory", "1"), verdict("human", "satisfactory")], "0", "0"),
        ([verdict("invalid_json", "satisfactory"), verdict("human", "unsatisfactory")], "1", "0"),
    ],
)
def test_the_latest_verdict_of_the_best_ranked_detector_counts(
    verdicts: list[Verdict], score: str | None, is_invalid_json: str | None
) -> None:
    detected = detected_values(verdicts, DETECTORS, NOON)
    assert detected["assessment_score"] == (None if score is None else Decimal(score))
    assert detected["invalid_json"] == (None if is_invalid_json is None else Decimal(is_invalid_json))
    assert detected_values(verdicts, DETECTORS, ALWAYS - timedelta(milliseconds=1)) == dict.fromkeys(detected)


def test_every_signal_of_the_policy_is_computed_and_generated() -> None:
    (request,) = requests_of([log()], {})
    assert set(signals_of(request, None, detected_values([], [], NOON), None)) == set(signals()) == set(SIGNALS)
