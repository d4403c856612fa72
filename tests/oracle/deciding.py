"""Turns signals into a decision: which rules are in force and match, which one pays how much, and the reason code."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache

from oracle.faults import CALLER, GATEWAY, is_cancelled
from oracle.merging import NO_PURCHASES, Request, rounded
from oracle.records import Coverage, Policy, Rule

ZERO = rounded(Decimal(0))
COMPARES = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "=": operator.eq}


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched a request, the observed value, and what the rule would pay (None if the cost is unknown)."""

    rule: Rule
    observed: Fraction
    payout_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The reason code, the match that decided it if there is one, and all matches."""

    reason_code: str
    deciding: Match | None
    matches: list[Match]

    payout_usd: Decimal = ZERO
    """The amount owed. It is 0 unless the reason is `compensated`."""


@cache
def matches_model(pattern: str, model: str) -> bool:
    """Whether a pattern matches the whole model name. `*` stands for any characters; no other character is special."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), model, re.DOTALL) is not None


def literal_characters(pattern: str) -> int:
    """The number of characters other than `*`, which says how specific a pattern is."""
    return len(pattern.replace("*", ""))


def applies_to_operation(rule: Rule, operation: str) -> bool:
    """Whether a rule applies to the operation: it names the operation, or applies to all of them."""
    return rule.operations == "*" or operation in rule.operations.split("|")


def applicable(rules: list[Rule], operation: str, model: str, moment: datetime) -> list[Rule]:
    """The rules in force for an operation and model: of each type and signal, only those with the most specific pattern."""
    candidates = [
        rule
        for rule in rules
        if rule.holds(moment) and applies_to_operation(rule, operation) and matches_model(rule.model_pattern, model)
    ]
    best: dict[tuple[str, str], int] = {}
    for rule in candidates:
        family = (rule.compensation_type, rule.signal)
        best[family] = max(best.get(family, 0), literal_characters(rule.model_pattern))
    return [
        rule
        for rule in candidates
        if literal_characters(rule.model_pattern) == best[rule.compensation_type, rule.signal]
    ]


def is_met(rule: Rule, request: Request, observed: Fraction | None) -> bool:
    """Whether the rule matches: its comparison holds, and the answer reaches the rule's minimum length and latency.

    A value that is not known never matches.
    """
    return (
        observed is not None
        and COMPARES[rule.comparator](observed, Fraction(rule.threshold))
        and _reaches(request.output_tokens, rule.min_output_tokens)
        and _reaches(request.latency_ms, rule.min_latency_ms)
    )


def _reaches(value: int | None, least: int | None) -> bool:
    return least is None or (value is not None and value >= least)


def payout(rule: Rule, cost: Decimal | None) -> Decimal | None:
    """The smallest of the rule's share of the cost, the rule's cap and the cost, computed exactly and rounded once."""
    if cost is None:
        return None
    limits = [Fraction(cost) * Fraction(rule.payout_rate), Fraction(cost)]
    if rule.payout_cap_usd is not None:
        limits.append(Fraction(rule.payout_cap_usd))
    return rounded(min(limits))


def is_excluded(coverage: list[Coverage], request: Request) -> bool:
    """Whether a coverage row in force at the time excludes the account. Accounts are covered by default."""
    return any(row.holds(request.requested_at) and not row.is_covered for row in coverage)


def decide(
    request: Request,
    signals: dict[str, Fraction | None],
    rules: list[Rule],
    precedence: dict[str, int],
    excluded: bool,
    fault: str | None,
) -> Decision:
    """The first reason that applies and, if a rule decided, its match.

    Of the rules that match, the one with the highest payout decides, then the one whose type has the better precedence, then the
    one with the lower rule id.
    """
    matches = [
        Match(rule, observed, payout(rule, request.cost_usd))
        for rule in rules
        if (observed := signals[rule.signal]) is not None and is_met(rule, request, observed)
    ]
    matches.sort(key=lambda match: match.rule.rule_id)
    reason = _reason_without_rules(request, excluded, fault)
    if reason is not None:
        return Decision(reason, None, matches)
    if not matches:
        return Decision("cost_unknown" if is_unmeasured(request) else "within_normal_range", None, [])
    deciding = min(
        matches,
        key=lambda match: (-(match.payout_usd or 0), precedence[match.rule.compensation_type], match.rule.rule_id),
    )
    if deciding.payout_usd is None:
        return Decision("cost_unknown", deciding, matches)
    if deciding.payout_usd <= 0:
        return Decision("zero_payout", deciding, matches)
    return Decision("compensated", deciding, matches, deciding.payout_usd)


def is_unmeasured(request: Request) -> bool:
    """Whether the log has neither a cost nor token counts."""
    return request.cost_usd is None and request.input_tokens is None and request.output_tokens is None


def _reason_without_rules(request: Request, excluded: bool, fault: str | None) -> str | None:
    if request.operation in NO_PURCHASES:
        return "not_a_purchase"
    if excluded:
        return "not_covered"
    if is_cancelled(request):
        return "cancelled_by_caller"
    if fault in (CALLER, GATEWAY):
        return "caller_error"
    if request.cache_hit or request.cost_usd == 0:
        return "not_billed"
    return None


def precedences(policy: Policy) -> dict[str, int]:
    """The precedence of each compensation type, which decides between equal payouts. 1 is the best."""
    return {compensation_type.compensation_type: compensation_type.precedence for compensation_type in policy.types}
