"""Generates difficult logs: requests at the edges of a policy's rules, delivered several times and out of order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from oracle.aiming import FINISHES, ODD_STATUSES, STATUSES, move_to_rule_edge
from oracle.chances import MILLISECOND, MOST_MS, MOST_TOKENS, SECOND, Chances
from oracle.history import HOUR, SOURCE, generate_history, pasts
from oracle.merging import hour_of
from oracle.policies import ACCOUNTS, CODES, DETECTORS, FIRST, LAST, MODELS, OPERATIONS, ORIGINS
from oracle.records import Log, Policy, Verdict

FUTURE_TOLERANCE = timedelta(minutes=5)
WEEK = timedelta(days=7)
MOVES = (0 * HOUR, 0 * HOUR, 0 * HOUR, HOUR, -HOUR, WEEK, WEEK + HOUR, WEEK - HOUR, -WEEK, 2 * WEEK, WEEK + WEEK / 2)
SOURCES = (SOURCE, SOURCE.title(), "litellm")
FILES = ("landing/a.jsonl", "landing/B.jsonl", "landing/b.jsonl", "landing/é.jsonl")
NULLABLE = (
    "trace_id", "gateway_call_id", "api_key_ref", "completed_at", "model_served", "provider", "input_tokens",
    "output_tokens", "cached_tokens", "reasoning_tokens", "cache_write_tokens", "cache_write_1h_tokens", "cost_usd", "cost_basis",
    "list_cost_usd", "discount_usd", "native_operation", "has_answer", "error_origin", "cache_hit", "latency_ms", "ttft_ms", "streamed",
    "cancelled", "finish_reason", "native_finish_reason", "status_code", "error_code", "error_message",
    "max_output_tokens", "meta",
)  # fmt: skip


MEASURES = ["input_tokens", "output_tokens", "cost_usd"]
"""Without these, the cost of a call is unknown."""


def generate_log(chances: Chances, policy: Policy, requests: int) -> Iterator[Log]:
    """Deliveries of the given number of requests. Each request is delivered once or several times."""
    moments = _edges(policy)
    known = pasts(chances)
    if any(rule.signal == "latency_ratio" for rule in policy.rules):
        for past in known:
            yield from generate_history(chances, past, _random_log(chances, moments, "before"))
    for number in range(requests):
        log = move_to_rule_edge(chances, policy, known, _random_log(chances, moments, f"r{number}"))
        if chances.hit(0.35):
            missing = chances.random.sample(NULLABLE, chances.one((1, 1, 2, 6)))
            log = replace(log, **dict.fromkeys(chances.one((missing, missing, missing, MEASURES))))
        if chances.hit(0.3):
            log = _named_by_call(chances, log, number)
        yield log
        if chances.hit(0.1):
            yield _with_the_same_ids(chances, log)
        if log.is_named_by_call and chances.hit(0.5):
            yield _logged_twice(chances, log)
        while chances.hit(0.25):
            log = _delivered_again(chances, log)
            yield log


def _named_by_call(chances: Chances, log: Log, number: int) -> Log:
    """A call whose provider reuses its ids or gives none. The gateway's call id may be set by the caller, or be missing."""
    return replace(
        log,
        is_named_by_call=True,
        request_id=chances.one(("chatcmpl-0", "None", log.request_id)),
        gateway_call_id=chances.one((f"call-{number}", f"call-{number}", "pinned", None)),
        latency_ms=chances.one((log.latency_ms, 0, 1000)),
    )


def _with_the_same_ids(chances: Chances, log: Log) -> Log:
    """A call of another or an unknown account that carries the ids of this call."""
    other = _random_log(chances, [log.requested_at], log.request_id)
    return replace(
        other,
        source=log.source,
        request_id=log.request_id,
        gateway_call_id=log.gateway_call_id,
        is_named_by_call=log.is_named_by_call,
        account_id=chances.one([account for account in (*ACCOUNTS, "unknown") if account != log.account_id]),
        requested_at=chances.one((log.requested_at, other.requested_at)),
    )


def _logged_twice(chances: Chances, log: Log) -> Log:
    """The same call from another feed, or a call with another response id: at the same time, while the call runs, or just after it ended."""
    latency_ms = log.latency_ms or 0
    later = MILLISECOND * chances.one((0, 0, max(latency_ms - 1, 0), latency_ms, latency_ms + 1))
    return replace(
        log,
        request_id=chances.one((log.request_id, f"{log.request_id}-bridged")),
        requested_at=log.requested_at + later,
        landing_file=chances.one(FILES),
        landing_line=log.landing_line + chances.one((3, 7)),
        landed_hour=max(_first_hour(log.requested_at + later), log.landed_hour),
    )


def generate_verdicts(chances: Chances, deliveries: Iterable[Log]) -> Iterator[Verdict]:
    """Verdicts on these requests. Some repeat or contradict others, share their time, or name a request that does not exist."""
    line = 0
    for log in deliveries:
        while chances.hit(0.3):
            line += chances.one((1, 9))
            yield _verdict(chances, log, line)


def _verdict(chances: Chances, log: Log, line: int) -> Verdict:
    assessed = hour_of(log.requested_at) + HOUR * chances.one((1, 1, 2, 200))
    return Verdict(
        source=log.source,
        request_id=log.request_id if chances.hit(0.97) else f"{log.request_id}?",
        detector=chances.one((*DETECTORS[2:], "human", "human", "jury", "Human")),
        detector_version=chances.one(("1", "2", None)),
        verdict=chances.one(("unsatisfactory", "unsatisfactory", "satisfactory", "inconclusive")),
        score=chances.one((None, *map(Decimal, ("0", "0.5", "0.8999", "0.9", "0.9001", "1", "0.1234", "0.1235")))),
        category=chances.one(("off_topic", None)),
        evidence=chances.one(("seen", None)),
        assessed_at=assessed,
        landed_hour=assessed + HOUR * chances.one((0, 0, 1)),
        landing_file=chances.one(FILES),
        landing_line=line,
        account_id=chances.one((None, None, log.account_id)),
    )


def _edges(policy: Policy) -> list[datetime]:
    rows = [*policy.rules, *policy.coverage, *policy.prices]
    edges = {edge for row in rows for edge in (row.effective_from, row.effective_to) if edge is not None}
    return sorted(edge for edge in {FIRST, *edges} if FIRST <= edge <= LAST)


def _random_log(chances: Chances, edges: list[datetime], request_id: str) -> Log:
    """A random request. Its values need not be consistent with each other."""
    start = chances.beside(chances.one(edges)) if chances.hit(0.3) else chances.moment(FIRST, LAST)
    latency = chances.size(MOST_MS)
    input_tokens, output_tokens = chances.size(MOST_TOKENS), chances.size(MOST_TOKENS)
    cache_write_tokens = input_tokens // 3
    streamed = chances.one((True, False))
    status, finish = _outcome(chances)
    return Log(
        source=chances.one(SOURCES),
        request_id=request_id,
        trace_id=f"t{latency % 7}",
        gateway_call_id="call",
        account_id=chances.one(ACCOUNTS),
        api_key_ref="key",
        operation=chances.one(OPERATIONS) if chances.hit(0.3) else "chat",
        native_operation=chances.one(("word", "word", None)),
        requested_at=start,
        completed_at=start + MILLISECOND * latency,
        model=chances.one(MODELS),
        model_served="served",
        provider=chances.one(("openai", "azure")),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=chances.one((0, 0, input_tokens // 2, input_tokens, input_tokens + 1)),
        reasoning_tokens=chances.one((0, 0, output_tokens // 3, output_tokens, output_tokens + 1)),
        cache_write_tokens=chances.one((None, None, 0, cache_write_tokens, input_tokens)),
        cache_write_1h_tokens=chances.one(
            (None, None, 0, cache_write_tokens // 2, cache_write_tokens, cache_write_tokens + 1)
        ),
        cost_usd=chances.amount(),
        cost_basis=chances.one(("billed", "billed", "breakdown", "absent", "not_priced", None)),
        list_cost_usd=chances.maybe(chances.amount(), 0.2),
        discount_usd=chances.maybe(chances.amount(), 0.2),
        cache_hit=chances.hit(0.04),
        latency_ms=latency,
        ttft_ms=chances.one((0, latency // 3, latency, latency + 1)) if streamed or chances.hit(0.1) else None,
        streamed=streamed,
        cancelled=chances.hit(0.03),
        finish_reason=finish,
        native_finish_reason=finish.upper(),
        has_answer=chances.one((None, None, None, True, True, False)),
        is_answer_withheld=chances.hit(0.15),
        status_code=status,
        error_code=chances.one(CODES),
        error_message="what went wrong",
        error_origin=chances.maybe(chances.one(ORIGINS), 0.1),
        max_output_tokens=chances.near(output_tokens),
        meta=f'{{"a": "…", "b": {input_tokens}}}',
        landed_hour=_first_hour(start) + HOUR * chances.one((0, 0, 1, 30)),
        landing_file=chances.one(FILES),
        landing_line=chances.one((1, 2, 10)),
        is_named_by_call=False,
    )


def _first_hour(started: datetime) -> datetime:
    """The first landing hour in which a call with this start can land. A start up to 5 minutes in the future is accepted."""
    return hour_of(started - FUTURE_TOLERANCE)


def _outcome(chances: Chances) -> tuple[str, str]:
    """A status code and a finish reason. Most are successful, so that the rules on latency and content apply to many requests."""
    if chances.hit(0.7):
        return "200", chances.one(("stop", "stop", "length", "tool_calls", "content_filter", "other"))
    return chances.one(STATUSES) if chances.hit(0.7) else chances.one(ODD_STATUSES), chances.one(FINISHES)


def _delivered_again(chances: Chances, log: Log) -> Log:
    """Another delivery of the same request, in a later, earlier or the same landing hour, with other values and some missing."""
    moved = log.requested_at + chances.one(MOVES) + SECOND * chances.one((0, 0, 1, 1800))
    other = _random_log(chances, [moved], log.request_id)
    changed = {column: getattr(other, column) for column in NULLABLE if chances.hit(0.15)}
    missing = dict.fromkeys(column for column in NULLABLE if chances.hit(0.2))
    return replace(
        log,
        requested_at=moved,
        account_id=chances.one((log.account_id, log.account_id, log.account_id, "unknown", other.account_id)),
        operation=chances.one((log.operation, log.operation, other.operation)),
        is_answer_withheld=chances.one((log.is_answer_withheld, other.is_answer_withheld)),
        model=chances.one((log.model, log.model, other.model)),
        landed_hour=max(_first_hour(moved), log.landed_hour + HOUR * chances.one((-1, 0, 0, 1, 200))),
        landing_file=other.landing_file,
        landing_line=log.landing_line + chances.one((1, 9)),
        **(changed | missing),
    )
