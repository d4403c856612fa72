"""Generates difficult but valid policies, with many versions, patterns, tiers and caps, and writes them as seeds."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from oracle.chances import MOST_COST, UNIT, Chances
from oracle.records import CompensationType, Coverage, Detector, Fault, Policy, Price, Rule
from oracle.verdicts import ASSESSED

ALWAYS = datetime(2020, 1, 1)
FIRST, LAST = datetime(2026, 11, 2, 22), datetime(2026, 11, 4, 4)
"""The range in which policies change and requests begin."""

MODELS = (
    "openai/gpt-4o",
    "openai/gpt-4o-mini",
    "openai/gpt-4.1",
    "openai/GPT-4o",
    "anthropic/claude-3.5-sonnet",
    "anthropic/claude_3.5_sonnet",
    "a/b%c",
    "a/bxc",
    "mistral/[large]",
    "unheard-of",
    "o",
    "google/gemini-✨\u2028pro",
)
PATTERNS = (
    "*",
    "*",
    "*",
    "openai/*",
    "*/*",
    "openai/gpt-4*",
    "*gpt-4o",
    "*gpt-4o*",
    "openai/gpt-4o",
    "anthropic/claude_3.5_sonnet",
    "a/b%c",
    "a/b_c",
    "mistral/[large]",
    "o*",
    "*o",
    "o",
    "steady/*",
    "steady/0*",
    "nobody/asks-for-this",
    "google/gemini-*pro",
)
ACCOUNTS = ("acme", "beta", "gamma", "delta", "Acme", "unknown")
DETECTORS = ("human", "*", "judge", "empty_completion", "invalid_json", "repetition_loop", "truncated")
FLAGS = ("upstream_failed", "empty_completion", "invalid_json", "repetition_loop", "truncated")
SIGNALS = (*FLAGS, "assessment_score", "latency_ratio", "throughput_tps", "latency_ms")
TIMED = ("latency_ratio", "throughput_tps", "latency_ms")
COMPARATORS = (">=", ">", "<=", "<", "=")
PURCHASES = (
    *("chat", "text_completion", "responses", "embeddings", "image_generation", "speech", "transcription", "rerank"),
    *("moderation", "batch", "realtime", "tool", "other"),
)
OPERATIONS = (*PURCHASES, "retrieval", "health_check")
ORIGINS = ("upstream", "gateway", "caller")
CODES = (
    "provider_rate_limited",
    "RateLimitError",
    "provider_rate_limited ",
    "timeout",
    "Budget|Exceeded",
    "é%_",
    "None",
    "",
    "x|408|y",
)
CODE_PATTERNS = (
    "*",
    "*",
    "none",
    "provider_rate_limited",
    "*rate*",
    "rate*",
    "*limit*ed*",
    "*budget*",
    "é%*",
    "t",
    "timeout*",
)
STATUS_PATTERNS = ("*", "*", "4*", "5*", "2*", "40*", "429", "408", "503", "none", "word")
COMMON_FAULTS = [
    Fault(ALWAYS, None, 1, "*", "429", "provider_rate_limited", "upstream"),
    Fault(ALWAYS, None, 2, "*", "408", "*", "upstream"),
    Fault(ALWAYS, None, 3, "*", "4*", "*", "caller"),
    Fault(ALWAYS, None, 4, "*", "word", "*", "undecided"),
    Fault(ALWAYS, None, 5, "*", "*", "*", "upstream"),
]
"""A usual table of failure faults."""
THRESHOLDS = {
    "throughput_tps": ("5", "0.333333", "12.5", "0.000001", "0", "1000", "98.7654"),
    "latency_ms": ("0", "1", "600000", "29999.5", "30000", "1234567", "2592000000"),
    "assessment_score": ("0.9", "0.5", "1", "0", "0.12345"),
    "latency_ratio": ("2", "3", "5", "1", "1.5", "0.333333", "2.000001", "0"),
}
RATES = tuple(map(Decimal, ("0.0000", "1.0000", "0.0001", "0.9999", "0.1000", "0.2500", "0.5000", "0.3333", "0.0500")))
CAPS = (
    None,
    None,
    None,
    Decimal(0),
    UNIT,
    Decimal("0.01"),
    Decimal(1),
    Decimal(5),
    Decimal("0.123456789012"),
    MOST_COST,
)


def generate_policy(chances: Chances) -> Policy:
    """A valid policy: versions without gap or overlap, each with rules of every type. Some policies have one rule per type only."""
    names = ["service_failure", "unsatisfactory_content", "high_latency", "Zeta", "slow_start"]
    ranks = chances.random.sample(range(1, 9), len(names))
    types = [CompensationType(name, f"Label of {name}", rank) for name, rank in zip(names, ranks, strict=True)]
    is_small = chances.hit(0.3)
    moments = _changes(chances, 0 if is_small else chances.one((1, 3, 5)))
    rules: list[Rule] = []
    for version, (since, until) in enumerate(zip([ALWAYS, *moments], [*moments, None], strict=True)):
        kinds = names if is_small else names * 5
        rules += _version(chances, f"v{version}", kinds, since, until)
    paid = {rule.compensation_type for rule in rules}
    types = [kind for kind in types if kind.compensation_type in paid]
    return Policy(types, rules, _coverage(chances), _prices(chances), _detectors(chances), _faults(chances))


def _changes(chances: Chances, count: int) -> list[datetime]:
    return sorted({chances.moment(FIRST, LAST).replace(microsecond=0) for _ in range(count)})


def _version(chances: Chances, version: str, kinds: list[str], since: datetime, until: datetime | None) -> list[Rule]:
    ids = chances.random.sample([f"{letter}{number}" for letter in "aBZ-_" for number in range(20)], len(kinds))
    rules = []
    for rule_id, kind in zip(ids, kinds, strict=True):
        rule = _rule(chances, version, rule_id, kind, since, until)
        if rules and chances.hit(0.4):
            rule = _similar_to(chances, rule, chances.one(rules))
        if rules and chances.hit(0.15):
            rule = _limited_in_time(chances, rule)
        rules.append(rule)
    return rules


def _limited_in_time(chances: Chances, rule: Rule) -> Rule:
    """The rule, in force for only a part of its version's time."""
    first, last = max(rule.effective_from, FIRST), rule.effective_to or LAST
    edges = sorted(chances.moment(first, last).replace(microsecond=0) for _ in range(2))
    return replace(rule, effective_from=edges[0], effective_to=edges[1]) if edges[0] < edges[1] else rule


def _similar_to(chances: Chances, rule: Rule, other: Rule) -> Rule:
    """The rule with the conditions or the payout of another one, so that both match the same request or pay the same amount."""
    condition_columns = ("signal", "comparator", "threshold", "min_output_tokens", "min_latency_ms", "operations")
    payout_columns = ("payout_rate", "payout_cap_usd")
    columns = chances.one((condition_columns, payout_columns, (*payout_columns, "compensation_type")))
    return replace(rule, **{column: getattr(other, column) for column in columns})


def _rule(chances: Chances, version: str, rule_id: str, kind: str, since: datetime, until: datetime | None) -> Rule:
    signal = chances.one(SIGNALS)
    comparator, threshold = _comparison(chances, signal)
    return Rule(
        effective_from=since,
        effective_to=until,
        policy_version=version,
        rule_id=rule_id,
        compensation_type=kind,
        signal=signal,
        comparator=comparator,
        threshold=threshold,
        model_pattern=chances.one(PATTERNS),
        min_output_tokens=chances.maybe(chances.one((0, 1, 64, 1024)), 0.3),
        min_latency_ms=chances.maybe(chances.one((0, 1, 10_000, 30_000)), 0.3),
        payout_rate=chances.one(RATES) if chances.hit(0.8) else Decimal(chances.random.randrange(10001)) / 10000,
        payout_cap_usd=chances.one(CAPS),
        operations=_operations(chances, signal),
    )


def _operations(chances: Chances, signal: str) -> str:
    """All operations, or a few.

    Validation refuses content rules for unknown operations, and latency rules for sessions and batch jobs.
    """
    if chances.hit(0.5):
        return "*"
    disallowed = {"other"} if signal in ASSESSED else {"batch", "realtime"} if signal in TIMED else set()
    allowed = [name for name in PURCHASES if name not in disallowed]
    chosen = chances.random.sample(allowed, chances.one((1, 3, 8)))
    return "|".join(chosen if "chat" in chosen or chances.hit(0.3) else ["chat", *chosen])


def _comparison(chances: Chances, signal: str) -> tuple[str, Decimal]:
    if signal in FLAGS:
        return chances.one(((">=", Decimal(1)), (">", Decimal(0)), ("=", Decimal(1)), (">=", Decimal("0.5"))))
    return chances.one(COMPARATORS), Decimal(chances.one(THRESHOLDS[signal]))


def _coverage(chances: Chances) -> list[Coverage]:
    rows = []
    for account in ACCOUNTS[1:4]:
        moments = _changes(chances, 3)
        covered = chances.hit(0.5)
        for since, until in zip(moments, [*moments[1:], chances.maybe(LAST, 0.5)], strict=True):
            if chances.hit(0.7) and (until is None or since < until):
                rows.append(Coverage(since, until, account, covered))
            covered = not covered
    return rows


def _prices(chances: Chances) -> list[Price]:
    rows = []
    for model in MODELS[::2]:
        moments = [ALWAYS, *_changes(chances, 2)]
        for since, until in zip(moments, [*moments[1:], None], strict=True):
            if chances.hit(0.8):
                input_price, output_price, cached_price, write_price, write_1h_price = (
                    _price(chances) for _ in range(5)
                )
                read_price = chances.one((input_price, cached_price))
                rows.append(
                    Price(since, until, model, input_price, output_price, read_price, write_price, write_1h_price)
                )
    return rows


def _detectors(chances: Chances) -> list[Detector]:
    """Which detector decides which signal. Ranks may be equal, and some rows are limited in time or can only refuse a payout."""
    rows = []
    for detector in DETECTORS:
        for signal in ASSESSED:
            if chances.hit(0.4):
                moments = [ALWAYS, *_changes(chances, 1)]
                for since, until in zip(moments, [moments[1], None], strict=True):
                    if chances.hit(0.8):
                        rank, can_grant = chances.one((1, 2, 2, 3)), chances.hit(0.8)
                        rows.append(Detector(since, until, detector, signal, rank, can_grant))
    return rows


def _faults(chances: Chances) -> list[Fault]:
    """The usual table after some random rows of better rank, some of them limited in time. Sometimes the usual table is left out."""
    rows = [] if chances.hit(0.1) else [replace(row, rank=row.rank + 1000) for row in COMMON_FAULTS]
    for rank in chances.random.sample(range(1, 999), chances.one((0, 3, 20))):
        moments = [ALWAYS, *_changes(chances, 1)]
        since, until = chances.one(((moments[0], None), (moments[0], moments[1]), (moments[1], None)))
        origin = chances.one(("*", "*", "unsaid", *ORIGINS))
        code = chances.one(CODE_PATTERNS)
        fault = chances.one(("upstream", "upstream", "gateway", "caller", "undecided"))
        rows.append(Fault(since, until, rank, origin, chances.one(STATUS_PATTERNS), code, fault))
    return rows


def _price(chances: Chances) -> Decimal:
    return Decimal(chances.one((0, 1, 5, 15_000_000, 2_500_000_123, 3 * 10**14 + 1))).scaleb(-15)


def write_seeds(policy: Policy, seeds: Path) -> None:
    """Replace the shipped seeds with the policy."""
    _write(seeds / "compensation_types.csv", policy.types)
    _write(seeds / "compensation_rules.csv", policy.rules)
    _write(seeds / "account_coverage.csv", policy.coverage)
    _write(seeds / "model_prices.csv", policy.prices)
    _write(seeds / "detectors.csv", policy.detectors)
    _write(seeds / "failure_faults.csv", policy.faults)


def _write(path: Path, rows: Iterable[Any]) -> None:
    header = path.read_text().splitlines()[0].split(",")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([_text(asdict(row)[name]) for name in header] for row in rows)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
