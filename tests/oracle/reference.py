"""The reference's result for a whole log: the expected rows of the fact tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256

from oracle.baselines import Baselines, nearest_rank
from oracle.deciding import Decision, applicable, decide, is_excluded, precedences
from oracle.faults import fault_of, is_cancelled, is_error
from oracle.merging import WIDE, Request, by_key, requests_of, superseded_by_hour
from oracle.records import LOG_COLUMNS, Coverage, Key, Log, Policy, Price, Row, Rule, Verdict
from oracle.signals import generation_ms, signals_of, throughput_tps
from oracle.verdicts import current, detected_values

MILLIONTH = Fraction(1, 10**6)
COLUMNS_NOT_IN_FACTS = ("is_named_by_call", "cost_basis", "error_message", "meta")
COMPENSATION_COLUMNS = (
    *(
        "request_key",
        "source",
        "request_id",
        "account_id",
        "requested_at",
        "request_date",
        "request_hour",
        "model",
        "provider",
    ),
    *(
        "compensation_type",
        "rule_id",
        "policy_version",
        "matched_rule_ids",
        "input_tokens",
        "output_tokens",
        "cost_usd",
    ),
    *("latency_ms", "ttft_ms", "throughput_tps", "finish_reason", "observed_value", "threshold_value", "payout_rate"),
    "payout_usd",
)
REASONS = (
    "not_a_purchase",
    "not_covered",
    "cancelled_by_caller",
    "caller_error",
    "not_billed",
    "within_normal_range",
    "cost_unknown",
    "zero_payout",
    "compensated",
)


@dataclass
class Answer:
    """The rows that the warehouse must hold for a log under a policy."""

    requests: list[Row] = field(default_factory=list)
    compensations: list[Row] = field(default_factory=list)
    assessments: list[Row] = field(default_factory=list)
    hours: dict[datetime, Row] = field(default_factory=dict)
    """The landed, current and superseded counts of each hour that has deliveries."""


def key_text(key: Key) -> str:
    """The request key as text. The models only compare keys, so any distinct text will do."""
    return sha256(repr(key).encode()).hexdigest()[:32]


def answer(
    deliveries: Iterable[Log], verdicts: Iterable[Verdict], policy: Policy, spelled: Callable[[Key], str] = key_text
) -> Answer:
    """Decide every request of the log under the policy in force at its time. `spelled` turns a key into text."""
    keys = by_key(deliveries)
    verdicts_on = verdicts_by_key(keys, verdicts)
    judge = Judge(policy, list(keys.values()))
    found = Answer()
    for key, parts in keys.items():
        requests = requests_of(parts, judge.prices)
        for request in requests:
            row = judge.row(request, verdicts_on.get(key, [])) | {"request_key": spelled(key)}
            found.requests.append(row)
            found.assessments += _assessments(row, verdicts_on.get(key, []))
            if row["reason_code"] == "compensated":
                found.compensations.append(_compensation(row, request.meta))
        _count_hours(found.hours, parts, requests)
    return found


def verdicts_by_key(keys: dict[Key, list[Log]], verdicts: Iterable[Verdict]) -> dict[Key, list[Verdict]]:
    """The verdicts on each key. A verdict without an account applies to the requests of all accounts that have its request id."""
    named: dict[tuple[str, str], set[Key]] = defaultdict(set)
    for key, parts in keys.items():
        for part in parts:
            named[part.source, part.request_id].add(key)
    verdicts_on: dict[Key, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        for key in sorted(named.get((verdict.source, verdict.request_id), ())):
            if any(verdict.applies_to(part) for part in keys[key]):
                verdicts_on[key].append(verdict)
    return verdicts_on


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 in UTC."""
    return (moment - datetime(1970, 1, 1)) // timedelta(milliseconds=1)


class Judge:
    """A policy with indexes by account and by model, and the baselines of a log."""

    def __init__(self, policy: Policy, keys: list[list[Log]]) -> None:
        self.rules, self.detectors, self.faults = policy.rules, policy.detectors, policy.faults
        self.precedence = precedences(policy)
        self.prices: dict[str, list[Price]] = defaultdict(list)
        self.coverage: dict[str, list[Coverage]] = defaultdict(list)
        for price in policy.prices:
            self.prices[price.model].append(price)
        for cover in policy.coverage:
            self.coverage[cover.account_id].append(cover)
        self.baselines = Baselines(keys, self.prices)
        self.changes = sorted(
            {edge for rule in policy.rules for edge in (rule.effective_from, rule.effective_to) if edge}
        )
        self._rules: dict[tuple[str, str, datetime], list[Rule]] = {}

    def rules_for(self, operation: str, model: str, moment: datetime) -> list[Rule]:
        """The rules that apply to an operation and model at a time. They are computed once per period between two policy changes."""
        lookup = operation, model, max(change for change in self.changes if change <= moment)
        if lookup not in self._rules:
            self._rules[lookup] = applicable(self.rules, operation, model, moment)
        return self._rules[lookup]

    def row(self, request: Request, verdicts: list[Verdict]) -> Row:
        """The row of fct_requests for a request, except for its key."""
        baseline_ms = self.baselines.baseline_ms(request)
        detected = detected_values(verdicts, self.detectors, request.requested_at)
        fault = fault_of(request, self.faults)
        decision = decide(
            request,
            signals_of(request, baseline_ms, detected, fault),
            self.rules_for(request.operation, request.model, request.requested_at),
            self.precedence,
            is_excluded(self.coverage.get(request.account_id, []), request),
            fault,
        )
        return _described(request) | _observed(request, baseline_ms, detected, fault) | _decided(decision)


def _described(request: Request) -> Row:
    row = {column: getattr(request, column) for column in LOG_COLUMNS if column not in COLUMNS_NOT_IN_FACTS}
    return row | {
        "first_requested_at": request.first_requested_at,
        "request_date": request.requested_at.date(),
        "request_hour": request.requested_at.hour,
        "cost_source": request.cost_source,
    }


def _observed(request: Request, baseline_ms: int | None, detected: dict[str, Decimal | None], fault: str | None) -> Row:
    """The derived values that a decision uses besides the log's own."""
    return {
        "generation_ms": generation_ms(request),
        "throughput_tps": truncate(throughput_tps(request)),
        "is_error": is_error(request),
        "is_cancelled_by_caller": is_cancelled(request),
        "error_fault": fault,
        "latency_baseline_ms": baseline_ms,
        **{f"detected_{signal}": value for signal, value in detected.items()},
    }


def _decided(decision: Decision) -> Row:
    match = decision.deciding
    return {
        "reason_code": decision.reason_code,
        "matched_rule_ids": ",".join(match.rule.rule_id for match in decision.matches) or None,
        "compensation_type": match and match.rule.compensation_type,
        "rule_id": match and match.rule.rule_id,
        "policy_version": match and match.rule.policy_version,
        "observed_value": match and truncate(match.observed),
        "threshold_value": match and match.rule.threshold,
        "payout_rate": match and match.rule.payout_rate,
        "payout_usd": decision.payout_usd,
    }


def _compensation(row: Row, meta: str | None) -> Row:
    """The row of fct_compensations for a compensated request. `meta` is the last one that was reported."""
    return {column: row[column] for column in COMPENSATION_COLUMNS} | {
        "compensation_id": sha256(
            f"{row['request_key']} {milliseconds(row['first_requested_at'])}".encode()
        ).hexdigest(),
        "net_cost_usd": row["cost_usd"] - row["payout_usd"],
        "meta": meta,
    }


def _assessments(row: Row, verdicts: list[Verdict]) -> list[Row]:
    """The rows of fct_content_assessments for a request: the current verdict of each detector."""
    counts = Counter(verdict.detector for verdict in verdicts)
    names = ("request_key", "source", "request_id", "requested_at", "request_date", "request_hour")
    request = {column: row[column] for column in names}
    return [
        {column: value for column, value in asdict(verdict).items() if column != "account_id"}
        | request
        | {"assessment_count": counts[detector]}
        for detector, verdict in current(verdicts).items()
    ]


def truncate(value: Fraction | None) -> Decimal | None:
    """The number truncated towards 0 to 6 decimals, as it is stored."""
    if value is None:
        return None
    return WIDE.multiply(Decimal(int(value / MILLIONTH)), Decimal(MILLIONTH.numerator) / MILLIONTH.denominator)


def _count_hours(hours: dict[datetime, Row], parts: list[Log], requests: list[Request]) -> None:
    current = Counter(request.hour for request in requests)
    for hour, superseded in superseded_by_hour(parts, requests).items():
        counts = hours.setdefault(hour, {"landed_count": 0, "current_count": 0, "superseded_count": 0})
        counts["landed_count"] += superseded + current[hour]
        counts["current_count"] += current[hour]
        counts["superseded_count"] += superseded


def hourly(requests: Iterable[Row]) -> dict[tuple[datetime, str], Row]:
    """The rows of fct_requests_hourly for these requests, by hour and model."""
    groups: dict[tuple[datetime, str], list[Row]] = defaultdict(list)
    for row in requests:
        groups[row["requested_at"].replace(minute=0, second=0, microsecond=0), row["model"]].append(row)
    return {group: _summed(*group, rows) for group, rows in groups.items()}


def _summed(hour: datetime, model: str, rows: list[Row]) -> Row:
    """The row of an hour and model. `request_count` and the reason counts include every request, the other columns only purchases."""
    purchased = [row for row in rows if row["reason_code"] != "not_a_purchase"]
    summed: Row = {"request_date": hour.date(), "request_hour": hour.hour, "hour_at": hour, "model": model}
    summed |= {
        "request_count": len(rows),
        "billed_count": sum(
            bool(row["cost_usd"]) and row["cost_usd"] > 0 and not row["cache_hit"] for row in purchased
        ),
        "error_count": sum(row["is_error"] for row in purchased),
        "unpriced_count": sum(row["cost_usd"] is None for row in purchased),
    }
    for column in ("input_tokens", "output_tokens", "cost_usd"):
        known = [row[column] for row in purchased if row[column] is not None]
        summed[column] = sum(known) if known else None
    for column in ("latency", "ttft"):
        known = sorted(row[f"{column}_ms"] for row in purchased if row[f"{column}_ms"] is not None)
        summed |= {f"{column}_p{percent}_ms": nearest_rank(known, percent) for percent in (50, 95, 99)}
    return summed | {f"{reason}_count": sum(row["reason_code"] == reason for row in rows) for reason in REASONS}
