"""Examples of decisions under the shipped policy, derived by all models: faults, operations, evidence and exact payouts."""

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
"""Requests on the day before that give the examples' size bucket a baseline of 8 seconds."""
ANSWERED: dict[str, Any] = {"output_tokens": 200}
SLOW = {"latency_ms": 26_000, **ANSWERED}
LONG = {"latency_ms": 700_000, **ANSWERED}
EMPTY = {"output_tokens": 0}
NO_STATUS = {"status_code": None, "finish_reason": "error"}

PAID: dict[str, tuple[dict[str, Any], str, Decimal, str]] = {
    "slow": (SLOW | {"cost_usd": "0.041216"}, "HL-2", Decimal("0.010304"), "HL-1,HL-2"),
    "invalid json": (ANSWERED | {"cost_usd": "40"}, "UC-2", Decimal(5), "UC-2"),
    "truncated": (
        ANSWERED | {"latency_ms": 70_000, "cost_usd": "0.2", "finish_reason": "length", "max_output_tokens": 4096},
        "HL-3",
        Decimal("0.2"),
        "HL-1,HL-2,HL-3,HL-4,UC-4",
    ),
    "truncated json": (
        ANSWERED | {"cost_usd": "40", "finish_reason": "length", "max_output_tokens": 4096},
        "UC-4",
        Decimal(5),
        "UC-4",
    ),
    "rounding tie": (SLOW | {"cost_usd": "1.000000000002"}, "HL-2", Decimal("0.25"), "HL-1,HL-2"),
    "empty": (EMPTY, "UC-1", Decimal("0.01"), "UC-1"),
    "no image": ({"operation": "image_generation", "has_answer": False}, "UC-1", Decimal("0.01"), "UC-1"),
    "no speech": ({"operation": "speech", "has_answer": False}, "UC-1", Decimal("0.01"), "UC-1"),
    "failed embedding": ({"operation": "embeddings", "status_code": "503"}, "SF-1", Decimal("0.01"), "SF-1"),
    "failed unknown operation": ({"operation": "other", "status_code": "503"}, "SF-1", Decimal("0.01"), "SF-1"),
    "ended with an error": (ANSWERED | {"finish_reason": "error"}, "SF-1", Decimal("0.01"), "SF-1"),
    "long embedding": (LONG | {"operation": "embeddings"}, "HL-5", Decimal("0.005"), "HL-5"),
    "unsatisfactory image": ({"operation": "image_generation", **ANSWERED}, "UC-5", Decimal("0.005"), "UC-5"),
}
"""For each example: the values of the request, the deciding rule, the payout, and all rules that match."""

UNPAID: dict[str, tuple[dict[str, Any], str]] = {
    "withheld answer": (EMPTY | {"is_answer_withheld": True}, "within_normal_range"),
    "text without tokens": (EMPTY | {"has_answer": True}, "within_normal_range"),
    "unknown finish reason": (EMPTY | {"finish_reason": "other", "has_answer": False}, "within_normal_range"),
    "filtered": (EMPTY | {"finish_reason": "content_filter", "has_answer": False}, "within_normal_range"),
    "embedding": (EMPTY | {"operation": "embeddings"}, "within_normal_range"),
    "empty transcription": (EMPTY | {"operation": "transcription", "has_answer": False}, "within_normal_range"),
    "tool": (EMPTY | LONG | EMPTY | {"operation": "tool", "has_answer": False}, "within_normal_range"),
    "batch": (EMPTY | {"latency_ms": 700_000, "operation": "batch"}, "within_normal_range"),
    "session": (LONG | {"operation": "realtime"}, "within_normal_range"),
    "unknown operation": (
        {"latency_ms": 700_000, "operation": "other", "output_tokens": 0, "has_answer": False},
        "within_normal_range",
    ),
    "health check": ({"operation": "health_check", "status_code": "503"}, "not_a_purchase"),
    "retrieval": (EMPTY | {"operation": "retrieval"}, "not_a_purchase"),
    "free": (EMPTY | {"cost_usd": "0"}, "not_billed"),
    "unpriced": (EMPTY | {"cost_usd": None, "model": "own/model"}, "cost_unknown"),
    "nothing measured": (
        {"cost_usd": None, "input_tokens": None, "output_tokens": None, "has_answer": True},
        "cost_unknown",
    ),
    "refused by a budget": ({"status_code": "500", "error_code": "BudgetExceededError"}, "caller_error"),
}
"""For each example: the values of the request, and the reason code for paying nothing."""

FAULTS: dict[str, tuple[dict[str, Any], str | None]] = {
    "200": ({"status_code": "200"}, None),
    "200 with an error as finish reason": ({"status_code": "200", "finish_reason": "error"}, "upstream"),
    "401": ({"status_code": "401"}, "caller"),
    "401 from the upstream": ({"status_code": "401", "error_origin": "upstream"}, "undecided"),
    "404 from the upstream": ({"status_code": "404", "error_origin": "upstream"}, "caller"),
    "404 with separators in the error code": ({"status_code": "404", "error_code": "a|408|b"}, "caller"),
    "408": ({"status_code": "408"}, "upstream"),
    "429": ({"status_code": "429"}, "caller"),
    "429 from the provider": ({"status_code": "429", "error_code": "provider_rate_limited"}, "upstream"),
    "429 from the upstream": ({"status_code": "429", "error_origin": "upstream"}, "upstream"),
    "429 from the gateway": (
        {"status_code": "429", "error_code": "RateLimitError", "error_origin": "gateway"},
        "gateway",
    ),
    "503": ({"status_code": "503"}, "upstream"),
    "503 for an exceeded budget": ({"status_code": "503", "error_code": "BudgetExceededError"}, "gateway"),
    "503 caused by the caller": ({"status_code": "503", "error_origin": "caller"}, "caller"),
    "500 from a guardrail": (
        {"status_code": "500", "error_code": "GuardrailRaisedException", "error_origin": "upstream"},
        "gateway",
    ),
    "500 for a refused key": ({"status_code": "500", "error_code": "AuthenticationError"}, "gateway"),
    "500 for a rate limit without an origin": ({"status_code": "500", "error_code": "RateLimitError"}, "undecided"),
    "500 from the gateway": ({"status_code": "500", "error_origin": "gateway"}, "undecided"),
    "status in words": (NO_STATUS | {"status_code": "invalid_request_error"}, "undecided"),
    "status in words from the provider": (
        NO_STATUS | {"status_code": "rate_limit_error", "error_code": "provider_rate_limited"},
        "upstream",
    ),
    "status in words from the upstream": (
        {"status_code": "5xx", "error_code": "APIError", "error_origin": "upstream"},
        "upstream",
    ),
    "status in words without an error": ({"status_code": "success"}, None),
    "status 1000 with an error": ({"status_code": "1000", "finish_reason": "error"}, "undecided"),
    "status 600 without an error": ({"status_code": "600"}, None),
    "only a finish reason": (NO_STATUS, "upstream"),
    "no status, origin upstream": (NO_STATUS | {"error_code": "Exception", "error_origin": "upstream"}, "upstream"),
    "no status, no origin": (NO_STATUS | {"error_code": "Exception"}, "undecided"),
    "no status, a timeout": (NO_STATUS | {"error_code": "APITimeoutError"}, "upstream"),
    "no status, a prompt too long": (
        NO_STATUS | {"error_code": "ContextWindowExceededError", "error_origin": "upstream"},
        "caller",
    ),
    "only an origin": ({"error_origin": "upstream"}, "upstream"),
}
"""For each example: the values of the failed request, and who is at fault."""


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> dict[str, dict[str, Any]]:
    """The row of fct_requests for each example."""
    home = Home(tmp_path_factory.mktemp("examples") / "home", scratch / "target")
    home.empty()
    examples: dict[str, dict[str, Any]] = {
        **{name: values for name, (values, *_) in PAID.items()},
        **{name: values for name, (values, _) in UNPAID.items()},
        **{name: values for name, (values, _) in FAULTS.items()},
    }
    deliveries: list[Delivery] = [delivery(name, AT, **values) for name, values in examples.items()]
    verdicts = [
        assessment("invalid json", HOUR, detector="invalid_json", score=None),
        assessment("truncated json", HOUR, detector="invalid_json", score=None),
        assessment("unsatisfactory image", HOUR, score="0.9500"),
        assessment("unknown operation", HOUR, score="1"),
    ]
    home.build([*NORMAL, *deliveries], [HOUR, HOUR - timedelta(days=1)], verdicts)
    with home.open() as con:
        cursor = con.execute("from fct_requests")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    return {row["request_id"]: row for row in rows}


@pytest.mark.parametrize("name", PAID)
def test_a_paid_example_has_the_expected_rule_payout_and_matched_rules(
    name: str, decided: dict[str, dict[str, Any]]
) -> None:
    row, (_, *expected) = decided[name], PAID[name]
    assert row["reason_code"] == "compensated"
    assert [row["rule_id"], row["payout_usd"], row["matched_rule_ids"]] == expected


@pytest.mark.parametrize("name", UNPAID)
def test_an_unpaid_example_has_the_expected_reason_code(name: str, decided: dict[str, dict[str, Any]]) -> None:
    assert (decided[name]["reason_code"], decided[name]["payout_usd"]) == (UNPAID[name][1], 0)


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_of_an_error_follows_the_shipped_table(name: str, decided: dict[str, dict[str, Any]]) -> None:
    row, fault = decided[name], FAULTS[name][1]
    assert (row["error_fault"], row["is_error"]) == (fault, fault is not None)


def test_the_requests_behind_the_baseline_are_within_normal_range(decided: dict[str, dict[str, Any]]) -> None:
    assert {row["reason_code"] for name, row in decided.items() if name.startswith("normal-")} == {
        "within_normal_range"
    }
