"""Moves generated requests to the edges of a policy's rules: onto a threshold, a rounding tie or a cap, or right next to one."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

from oracle.chances import MOST_MS, Chances
from oracle.deciding import matches_model
from oracle.history import SOURCE, Past
from oracle.policies import MODELS
from oracle.records import Log, Policy, Rule

FINISHES = ("stop", "length", "tool_calls", "content_filter", "error", "cancelled", "other")
STATUSES = (
    "200", "400", "401", "403", "404", "407", "408", "409", "422", "428", "429", "430", "499", "500", "503", "599",
)  # fmt: skip
ODD_STATUSES = (
    "399", "600", "99", "1000", "0", "", "RateLimitError", "5xx", "400 Bad Request", "4.0e2", "00503", "-500", "400.0", " 503",
)  # fmt: skip


def move_to_rule_edge(chances: Chances, policy: Policy, known: list[Past], log: Log) -> Log:
    """The log, in most cases changed so that it lies at the edge of a rule in force, with a model that the rule applies to."""
    if chances.hit(0.2):
        return log
    rules = [rule for rule in policy.rules if rule.holds(log.requested_at)]
    rule = chances.one(rules)
    models = [model for model in MODELS if matches_model(rule.model_pattern, model)]
    changes: dict[str, Any] = {"model": chances.one(models)} if models else {}
    if rule.operations != "*" and chances.hit(0.8):
        changes["operation"] = chances.one(rule.operations.split("|"))
    changes |= _minimum_changes(chances, rule)
    if rule.signal == "latency_ratio":
        changes |= _latency_ratio_changes(
            chances, rule, [past for past in known if past.day.date() == log.requested_at.date()]
        )
    else:
        changes |= _threshold_changes(chances, rule, log)
    changes |= _cost_changes(chances, rule)
    return replace(log, **changes)


def _minimum_changes(chances: Chances, rule: Rule) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if rule.min_output_tokens is not None:
        changes["output_tokens"] = chances.near(rule.min_output_tokens)
    if rule.min_latency_ms is not None:
        changes["latency_ms"] = chances.near(rule.min_latency_ms)
    return changes


def _threshold_changes(chances: Chances, rule: Rule, log: Log) -> dict[str, Any]:
    match rule.signal:
        case "latency_ms":
            return {"latency_ms": chances.near(int(rule.threshold), most=MOST_MS)}
        case "throughput_tps":
            return _throughput_changes(chances, rule.threshold)
        case "truncated":
            return {"finish_reason": "length", "max_output_tokens": chances.near((log.output_tokens or 0) + 1)}
        case "empty_completion":
            tokens = chances.one((0, 0, 1, 700))
            reasoning = chances.one((tokens, tokens, 0, tokens + 1))
            return {"output_tokens": tokens, "reasoning_tokens": reasoning, "finish_reason": chances.one(FINISHES)}
        case "assessment_score" | "invalid_json" | "repetition_loop":
            return {}
        case _:
            return {"status_code": chances.one((*STATUSES, *ODD_STATUSES)), "finish_reason": chances.one(FINISHES)}


def _throughput_changes(chances: Chances, threshold: Decimal) -> dict[str, Any]:
    """Tokens and times whose quotient is exactly the threshold, or differs from it by one token or one millisecond."""
    tokens, denominator = threshold.as_integer_ratio()
    multiplier = chances.one((1, 1, 2, 64, 100))
    generation_time = chances.near(1000 * denominator * multiplier, most=MOST_MS)
    time_to_first_token = chances.one((0, 0, 1, 350))
    output_tokens = chances.near(tokens * multiplier)
    return {
        "output_tokens": output_tokens,
        "streamed": time_to_first_token > 0,
        "ttft_ms": time_to_first_token or None,
        "latency_ms": generation_time + time_to_first_token,
    }


def _latency_ratio_changes(chances: Chances, rule: Rule, known: list[Past]) -> dict[str, Any]:
    """A latency that is the baseline times the threshold, or differs from that by one millisecond."""
    past = chances.one([past for past in known if matches_model(rule.model_pattern, past.model)] or known)
    return {
        "source": SOURCE,
        "operation": "chat",
        "model": past.model,
        "output_tokens": chances.one(past.tokens),
        "latency_ms": chances.near(math.ceil(rule.threshold * past.normal_ms), most=MOST_MS),
    }


def _cost_changes(chances: Chances, rule: Rule) -> dict[str, Any]:
    if chances.hit(0.4):
        return {"cost_usd": chances.tie(rule.payout_rate)}
    if rule.payout_cap_usd is not None and chances.hit(0.5):
        return {"cost_usd": chances.reaching(rule.payout_cap_usd, rule.payout_rate)}
    return {}
