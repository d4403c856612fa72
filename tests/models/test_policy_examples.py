"""The default policy through all models under the seeds that are shipped, by examples: whose fault, what was bought, what was seen, what is paid to the last digit."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from derived_home import Delivery, Home, assessment, delivery

HOUR = datetime(2026, 11, 2, 10)
AT = HOUR + timedelta(minutes=5)
NORMAL_MS = 8_000
NORMAL = [
    delivery(
        f"normal-{number}",
        AT - timedelta(days=1),
        latency_ms=NORMAL_MS,
        output_tokens=200,
        landing_file="landing/gateway/normal.jsonl",
    )
    for number in range(50)
]
"""What makes 8 seconds normal for as much output as the examples have."""
ANSWERED: dict[str, Any] = {"output_tokens": 200}
SLOW = {"latency_ms": 26_000, **ANSWERED}
LONG = {"latency_ms": 700_000, **ANSWERED}
EMPTY = {"output_tokens": 0}
NO_STATUS = {"status_code": None, "finish_reason": "error"}

PAID: dict[str, tuple[dict[str, Any], str, Decimal, str]] = {
    "slow": (SLOW | {"cost_usd": "0.041216"}, "HL-2", Decimal("0.010304"), "HL-1,HL-2"),
    "no json": (ANSWERED | {"cost_usd": "40"}, "UC-2", Decimal(5), "UC-2"),
    "cut off": (
        ANSWERED | {"latency_ms": 70_000, "cost_usd": "0.2", "finish_reason": "length", "max_output_tokens": 4096},
        "HL-3",
        Decimal("0.2"),
        "HL-1,HL-2,HL-3,HL-4,UC-4",
    ),
    "cut off json": (
        ANSWERED | {"cost_usd": "40", "finish_reason": "length", "max_output_tokens": 4096},
        "UC-4",
        Decimal(5),
        "UC-4",
    ),
    "halfway": (SLOW | {"cost_usd": "1.000000000002"}, "HL-2", Decimal("0.25"), "HL-1,HL-2"),
    "empty": (EMPTY, "UC-1", Decimal("0.01"), "UC-1"),
    "no image": ({"operation": "image_generation", "has_answer": False}, "UC-1", Decimal("0.01"), "UC-1"),
    "no speech": ({"operation": "speech", "has_answer": False}, "UC-1", Decimal("0.01"), "UC-1"),
    "failed embedding": ({"operation": "embeddings", "status_code": "503"}, "SF-1", Decimal("0.01"), "SF-1"),
    "failed unheard of": ({"operation": "other", "status_code": "503"}, "SF-1", Decimal("0.01"), "SF-1"),
    "broken off": (ANSWERED | {"finish_reason": "error"}, "SF-1", Decimal("0.01"), "SF-1"),
    "long embedding": (LONG | {"operation": "embeddings"}, "HL-5", Decimal("0.005"), "HL-5"),
    "bad picture": ({"operation": "image_generation", **ANSWERED}, "UC-5", Decimal("0.005"), "UC-5"),
}
"""What a request is like, the rule that pays, how much, and all rules that matched."""

UNPAID: dict[str, tuple[dict[str, Any], str]] = {
    "withheld": (EMPTY | {"is_answer_withheld": True}, "within_normal_range"),
    "text without tokens": (EMPTY | {"has_answer": True}, "within_normal_range"),
    "unknown ending": (EMPTY | {"finish_reason": "other", "has_answer": False}, "within_normal_range"),
    "filtered": (EMPTY | {"finish_reason": "content_filter", "has_answer": False}, "within_normal_range"),
    "embedding": (EMPTY | {"operation": "embeddings"}, "within_normal_range"),
    "silence": (EMPTY | {"operation": "transcription", "has_answer": False}, "within_normal_range"),
    "tool": (EMPTY | LONG | EMPTY | {"operation": "tool", "has_answer": False}, "within_normal_range"),
    "batch": (EMPTY | {"latency_ms": 700_000, "operation": "batch"}, "within_normal_range"),
    "session": (LONG | {"operation": "realtime"}, "within_normal_range"),
    "unheard of": (
        {"latency_ms": 700_000, "operation": "other", "output_tokens": 0, "has_answer": False},
        "within_normal_range",
    ),
    "health check": ({"operation": "health_check", "status_code": "503"}, "not_a_purchase"),
    "poll": (EMPTY | {"operation": "retrieval"}, "not_a_purchase"),
    "free": (EMPTY | {"cost_usd": "0"}, "not_billed"),
    "unpriced": (EMPTY | {"cost_usd": None, "model": "own/model"}, "cost_unknown"),
    "nothing measured": (
        {"cost_usd": None, "input_tokens": None, "output_tokens": None, "has_answer": True},
        "cost_unknown",
    ),
    "refused by a budget": ({"status_code": "500", "error_code": "BudgetExceededError"}, "caller_error"),
}
"""What a request is like, and why nothing is paid for it."""

FAULTS: dict[str, tuple[dict[str, Any], str | None]] = {
    "200": ({"status_code": "200"}, None),
    "200 and an error": ({"status_code": "200", "finish_reason": "error"}, "upstream"),
    "401": ({"status_code": "401"}, "caller"),
    "401 of the upstream": ({"status_code": "401", "error_origin": "upstream"}, "undecided"),
    "404 of the upstream": ({"status_code": "404", "error_origin": "upstream"}, "caller"),
    "404 with a code that looks like two": ({"status_code": "404", "error_code": "a|408|b"}, "caller"),
    "408": ({"status_code": "408"}, "upstream"),
    "429": ({"status_code": "429"}, "caller"),
    "429 of the provider": ({"status_code": "429", "error_code": "provider_rate_limited"}, "upstream"),
    "429 of the upstream": ({"status_code": "429", "error_origin": "upstream"}, "upstream"),
    "429 of the gateway": (
        {"status_code": "429", "error_code": "RateLimitError", "error_origin": "gateway"},
        "gateway",
    ),
    "503": ({"status_code": "503"}, "upstream"),
    "503 of a budget": ({"status_code": "503", "error_code": "BudgetExceededError"}, "gateway"),
    "503 of the caller": ({"status_code": "503", "error_origin": "caller"}, "caller"),
    "500 of a guardrail": (
        {"status_code": "500", "error_code": "GuardrailRaisedException", "error_origin": "upstream"},
        "gateway",
    ),
    "500 of a refused key": ({"status_code": "500", "error_code": "AuthenticationError"}, "gateway"),
    "500 of nobody's limit": ({"status_code": "500", "error_code": "RateLimitError"}, "undecided"),
    "500 of the gateway": ({"status_code": "500", "error_origin": "gateway"}, "undecided"),
    "words": (NO_STATUS | {"status_code": "invalid_request_error"}, "undecided"),
    "words of the provider": (
        NO_STATUS | {"status_code": "rate_limit_error", "error_code": "provider_rate_limited"},
        "upstream",
    ),
    "words of the upstream": (
        {"status_code": "5xx", "error_code": "APIError", "error_origin": "upstream"},
        "upstream",
    ),
    "words without an error": ({"status_code": "success"}, None),
    "a number of its own": ({"status_code": "1000", "finish_reason": "error"}, "undecided"),
    "a number beyond HTTP": ({"status_code": "600"}, None),
    "an ending alone": (NO_STATUS, "upstream"),
    "no status, the upstream named": (NO_STATUS | {"error_code": "Exception", "error_origin": "upstream"}, "upstream"),
    "no status, nobody named": (NO_STATUS | {"error_code": "Exception"}, "undecided"),
    "no status, a timeout": (NO_STATUS | {"error_code": "APITimeoutError"}, "upstream"),
    "no status, a prompt too long": (
        NO_STATUS | {"error_code": "ContextWindowExceededError", "error_origin": "upstream"},
        "caller",
    ),
    "nothing but whose it was": ({"error_origin": "upstream"}, "upstream"),
}
"""How a request failed, and whose fault it is."""


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> dict[str, dict[str, Any]]:
    """Each example's row of fct_requests."""
    home = Home(tmp_path_factory.mktemp("examples") / "home", scratch / "target")
    home.empty()
    examples: dict[str, dict[str, Any]] = {
        **{name: values for name, (values, *_) in PAID.items()},
        **{name: values for name, (values, _) in UNPAID.items()},
        **{name: values for name, (values, _) in FAULTS.items()},
    }
    deliveries: list[Delivery] = [delivery(name, AT, **values) for name, values in examples.items()]
    verdicts = [
        assessment("no json", HOUR, detector="invalid_json", score=None),
        assessment("cut off json", HOUR, detector="invalid_json", score=None),
        assessment("bad picture", HOUR, score="0.9500"),
        assessment("unheard of", HOUR, score="1"),
    ]
    home.build([*NORMAL, *deliveries], [HOUR, HOUR - timedelta(days=1)], verdicts)
    with home.open() as con:
        cursor = con.execute("from fct_requests")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    return {row["request_id"]: row for row in rows}


@pytest.mark.parametrize("name", PAID)
def test_an_example_is_paid_as_it_is_explained_and_keeps_the_rules_that_matched_besides(
    name: str, decided: dict[str, dict[str, Any]]
) -> None:
    row, (_, *expected) = decided[name], PAID[name]
    assert row["reason_code"] == "compensated"
    assert [row["rule_id"], row["payout_usd"], row["matched_rule_ids"]] == expected


@pytest.mark.parametrize("name", UNPAID)
def test_nothing_is_paid_for_what_was_not_seen_or_is_owed_nothing(
    name: str, decided: dict[str, dict[str, Any]]
) -> None:
    assert (decided[name]["reason_code"], decided[name]["payout_usd"]) == (UNPAID[name][1], 0)


@pytest.mark.parametrize("name", FAULTS)
def test_whose_fault_an_error_is_follows_from_the_shipped_table(name: str, decided: dict[str, dict[str, Any]]) -> None:
    row, fault = decided[name], FAULTS[name][1]
    assert (row["error_fault"], row["is_error"]) == (fault, fault is not None)


def test_what_makes_a_latency_normal_is_within_it(decided: dict[str, dict[str, Any]]) -> None:
    assert {row["reason_code"] for name, row in decided.items() if name.startswith("normal-")} == {
        "within_normal_range"
    }
