"""What is measured of a request, as exact numbers. A signal that cannot be known is None and matches no rule."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction

from oracle.merging import Request

PROVIDER_LIMIT = "provider_rate_limited"
TIMEOUT, RATE_LIMIT, CALLER_LEFT = 408, 429, 499


def status_of(request: Request) -> int | None:
    """The HTTP status, however it is written; words and other numbers are none."""
    try:
        number = Decimal(request.status_code or "")
    except InvalidOperation:
        return None
    return int(number) if number.is_finite() and 100 <= number <= 599 else None


def is_error(request: Request) -> bool:
    """Finished in error, or with a status of 400 or above."""
    status = status_of(request)
    return request.finish_reason == "error" or (status is not None and status >= 400)


def is_cancelled(request: Request) -> bool:
    """The caller left before the end."""
    return request.cancelled is True or request.finish_reason == "cancelled" or status_of(request) == CALLER_LEFT


def is_caller_error(request: Request) -> bool:
    """A 4xx of the caller's own making: no timeout of ours, no limit that the log says was the provider's, and not 499."""
    status = status_of(request)
    if status is None or not 400 <= status <= 499 or status in (TIMEOUT, CALLER_LEFT):
        return False
    return not (status == RATE_LIMIT and request.error_code == PROVIDER_LIMIT)


def is_undecided(request: Request) -> bool:
    """An error with a status that is none of HTTP's does not say whose fault it was, unless the provider's limit was it."""
    said_otherwise = request.status_code is not None and status_of(request) is None
    return request.finish_reason == "error" and said_otherwise and request.error_code != PROVIDER_LIMIT


def is_upstream_failure(request: Request) -> bool | None:
    """408, 5xx, a limit of the provider's, or finished in error; not the caller's own 4xx, nor where the caller left."""
    if is_undecided(request):
        return None
    return is_error(request) and not is_caller_error(request) and not is_cancelled(request)


def is_empty(request: Request) -> bool | None:
    """No visible token came back, no tool was called, and no filter took the answer away.

    Visible is output without reasoning. An error that is undecided may be why the answer is empty.
    """
    if request.output_tokens is None or is_undecided(request):
        return None
    visible = request.output_tokens - (request.reasoning_tokens or 0)
    return visible == 0 and request.finish_reason not in ("tool_calls", "content_filter")


def is_truncated(request: Request) -> bool | None:
    """Cut off for length although the caller's own limit, where it is known, was not reached."""
    if request.finish_reason != "length":
        return False
    if request.output_tokens is None or request.max_output_tokens is None:
        return None
    return request.output_tokens < request.max_output_tokens


def generation_ms(request: Request) -> int | None:
    """How long the answer took to write: all of the latency where it was not streamed, else what follows the first token.

    Only streams have a first token, so a time to it makes a call a stream that the log does not call one. Never 0 or less.
    """
    waited = 0 if request.streamed is False else request.ttft_ms
    if waited is None:
        if request.streamed:
            return None
        waited = 0
    if request.latency_ms is None or request.latency_ms <= waited:
        return None
    return request.latency_ms - waited


def throughput_tps(request: Request) -> Fraction | None:
    """Output tokens per second of generation."""
    spent = generation_ms(request)
    if spent is None or request.output_tokens is None:
        return None
    return Fraction(request.output_tokens * 1000, spent)


def latency_ratio(request: Request, normal_ms: int | None) -> Fraction | None:
    """How many times as long as normal it took."""
    return Fraction(request.latency_ms, normal_ms) if normal_ms and request.latency_ms is not None else None


def signals_of(request: Request, normal_ms: int | None, said: dict[str, Decimal | None]) -> dict[str, Fraction | None]:
    """Every signal of a request by name.

    `normal_ms` is the latency that is normal for its like on its day. `said` is what detectors say of the answer: where they
    speak they saw the answer itself, and what can be told from the log gives way.
    """
    told = {name: None if value is None else Fraction(value) for name, value in said.items()}
    return {
        "upstream_failed": _flag(is_upstream_failure(request)),
        "empty_completion": None if is_undecided(request) else _or(told["empty_completion"], _flag(is_empty(request))),
        "invalid_json": told["invalid_json"],
        "repetition_loop": told["repetition_loop"],
        "truncated": _or(told["truncated"], _flag(is_truncated(request))),
        "assessment_score": told["assessment_score"],
        "latency_ratio": latency_ratio(request, normal_ms),
        "throughput_tps": throughput_tps(request),
        "latency_ms": None if request.latency_ms is None else Fraction(request.latency_ms),
    }


def _or(first: Fraction | None, second: Fraction | None) -> Fraction | None:
    return second if first is None else first


def _flag(condition: bool | None) -> Fraction | None:
    return None if condition is None else Fraction(int(condition))
