"""From signals to money: which rules are in force and match, which one pays, how much, and the one reason for it."""

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
    """A rule that a request met: what was observed, and what it would pay (None: the cost is unknown)."""

    rule: Rule
    observed: Fraction
    payout_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The one reason, the rule that decided if one did, and all rules that matched."""

    reason_code: str
    deciding: Match | None
    matches: list[Match]

    payout_usd: Decimal = ZERO
    """What is owed; 0 unless the reason is `compensated`."""


@cache
def fits(pattern: str, model: str) -> bool:
    """A pattern is the model's whole name, in which * stands for any characters and nothing else is special."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), model, re.DOTALL) is not None


def literal_characters(pattern: str) -> int:
    """How specific a pattern is."""
    return len(pattern.replace("*", ""))


def is_for(rule: Rule, operation: str) -> bool:
    """A rule is for the operations that it names, or for everything."""
    return rule.operations == "*" or operation in rule.operations.split("|")


def applicable(rules: list[Rule], operation: str, model: str, moment: datetime) -> list[Rule]:
    """The rules of the policy in force for an operation and model: of one type and signal, just those with the most specific pattern."""
    candidates = [
        rule for rule in rules if rule.holds(moment) and is_for(rule, operation) and fits(rule.model_pattern, model)
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
    """The signal is known and compares, and the answer was as long and took as long as the rule asks; unknown is not enough."""
    return (
        observed is not None
        and COMPARES[rule.comparator](observed, Fraction(rule.threshold))
        and _reaches(request.output_tokens, rule.min_output_tokens)
        and _reaches(request.latency_ms, rule.min_latency_ms)
    )


def _reaches(value: int | None, least: int | None) -> bool:
    return least is None or (value is not None and value >= least)


def payout(rule: Rule, cost: Decimal | None) -> Decimal | None:
    """The least of the rule's share of the cost, the rule's cap, and the cost; worked out exactly and rounded once."""
    if cost is None:
        return None
    limits = [Fraction(cost) * Fraction(rule.payout_rate), Fraction(cost)]
    if rule.payout_cap_usd is not None:
        limits.append(Fraction(rule.payout_cap_usd))
    return rounded(min(limits))


def is_excluded(coverage: list[Coverage], request: Request) -> bool:
    """An account is covered unless a row of the time says that it is not."""
    return any(row.holds(request.requested_at) and not row.is_covered for row in coverage)


def decide(
    request: Request,
    signals: dict[str, Fraction | None],
    rules: list[Rule],
    precedence: dict[str, int],
    excluded: bool,
    fault: str | None,
) -> Decision:
    """The first reason that applies, and the rule that decided where one did.

    Of the rules that matched the highest payout decides, then the better precedence of type, then the rule's id.
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
    """The log says neither what it cost nor how much was said."""
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
    """Which type pays where payouts are equal; 1 is first."""
    return {kind.compensation_type: kind.precedence for kind in policy.types}
