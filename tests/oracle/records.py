"""The input of the reference: deliveries, verdicts and policy rows. The other modules say what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Key = tuple[str, ...]
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Log:
    """What a gateway reports about one call. Times are UTC in whole milliseconds; None means "not reported"."""

    source: str
    request_id: str
    trace_id: str | None
    gateway_call_id: str | None
    account_id: str
    api_key_ref: str | None
    operation: str
    native_operation: str | None
    requested_at: datetime
    completed_at: datetime | None
    model: str
    model_served: str | None
    provider: str | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    cache_write_tokens: int | None
    cache_write_1h_tokens: int | None
    cost_usd: Decimal | None
    cost_basis: str | None
    list_cost_usd: Decimal | None
    discount_usd: Decimal | None
    cache_hit: bool | None
    latency_ms: int | None
    ttft_ms: int | None
    streamed: bool | None
    cancelled: bool | None
    finish_reason: str | None
    native_finish_reason: str | None
    has_answer: bool | None
    is_answer_withheld: bool
    status_code: str | None
    error_code: str | None
    error_message: str | None
    error_origin: str | None
    max_output_tokens: int | None
    meta: str | None
    landed_hour: datetime
    landing_file: str
    landing_line: int
    is_named_by_call: bool
    """Whether the purchase is identified by the gateway's call id rather than by the record's own id."""

    @property
    def key(self) -> Key:
        """The identity of a purchase, the same for all of its deliveries: the gateway, the buyer, and an id of the purchase."""
        if self.account_id != UNKNOWN:
            return self.source, "account", self.account_id, *self._name
        return self.source, *(("nobody",) if self.api_key_ref is None else ("key", self.api_key_ref)), *self._name

    @property
    def needs_overlap(self) -> bool:
        """Whether the id may be reused for another purchase, so that only calls that overlap in time are the same purchase."""
        return self._name[0] == "call"

    @property
    def _name(self) -> Key:
        """The id of the purchase.

        Attempts share a call id, and the caller may choose it. So the usage and cost are part of the identity, or the start time if
        there is neither.
        """
        if not self.is_named_by_call:
            return "id", self.request_id
        if self.gateway_call_id is None:
            return "answer", str(self.requested_at), self.request_id
        if not any(value and value > 0 for value in (self.input_tokens, self.output_tokens, self.cost_usd)):
            return "attempt", str(self.requested_at), self.gateway_call_id
        usage = (self.input_tokens, self.output_tokens, self.cost_usd, self.finish_reason == "error")
        return "call", *map(str, usage), self.gateway_call_id


LOG_COLUMNS = tuple(column.name for column in fields(Log))


@dataclass(frozen=True, slots=True)
class Verdict:
    """One detector's judgement of one answer at one time. `score` is its confidence that the answer is unsatisfactory."""

    source: str
    request_id: str
    detector: str
    detector_version: str | None
    verdict: str
    score: Decimal | None
    category: str | None
    evidence: str | None
    assessed_at: datetime
    landed_hour: datetime
    landing_file: str
    landing_line: int
    account_id: str | None = None

    def applies_to(self, log: Log) -> bool:
        """Whether the delivery has the verdict's request id and, if the verdict names an account, that account."""
        same_id = (self.source, self.request_id) == (log.source, log.request_id)
        return same_id and self.account_id in (None, log.account_id)


@dataclass(frozen=True, slots=True)
class Interval:
    """The half-open interval from `effective_from` to `effective_to`. An end of None means no end."""

    effective_from: datetime
    effective_to: datetime | None

    def holds(self, moment: datetime) -> bool:
        """Whether the interval contains the moment. It contains its start but not its end."""
        return self.effective_from <= moment and (self.effective_to is None or moment < self.effective_to)


@dataclass(frozen=True, slots=True)
class CompensationType:
    compensation_type: str
    label: str
    precedence: int
    description: str = "A type."


@dataclass(frozen=True, slots=True)
class Rule(Interval):
    policy_version: str
    rule_id: str
    compensation_type: str
    signal: str
    comparator: str
    threshold: Decimal
    model_pattern: str
    min_output_tokens: int | None
    min_latency_ms: int | None
    payout_rate: Decimal
    payout_cap_usd: Decimal | None
    description: str = "A rule."
    operations: str = "*"


@dataclass(frozen=True, slots=True)
class Coverage(Interval):
    account_id: str
    is_covered: bool


@dataclass(frozen=True, slots=True)
class Price(Interval):
    model: str
    input_price_usd: Decimal
    output_price_usd: Decimal
    cached_price_usd: Decimal
    cache_write_price_usd: Decimal
    cache_write_1h_price_usd: Decimal


@dataclass(frozen=True, slots=True)
class Detector(Interval):
    detector: str
    signal: str
    rank: int
    can_grant: bool
    description: str = "A detector."


@dataclass(frozen=True, slots=True)
class Fault(Interval):
    """Who is at fault for the failures that match. `*` matches any value."""

    rank: int
    error_origin: str
    status: str
    error_code: str
    fault: str
    description: str = "A fault."


@dataclass(frozen=True, slots=True)
class Policy:
    """All seeds that define what is owed."""

    types: list[CompensationType]
    rules: list[Rule]
    coverage: list[Coverage] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)
    detectors: list[Detector] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


Row = dict[str, Any]
"""A row of a fact table, by column name."""


def status_of(log: Log) -> int | None:
    """The HTTP status as a number, or None if the text is not a number from 100 to 599."""
    try:
        number = Decimal(log.status_code or "")
    except InvalidOperation:
        return None
    return int(number) if number.is_finite() and 100 <= number <= 599 else None
