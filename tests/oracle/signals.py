"""Computes the signals of a request as exact numbers. A signal that is not known is None and matches no rule."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from oracle.faults import UNDECIDED, UPSTREAM, is_cancelled
from oracle.merging import Request

FILTERED, LENGTH_LIMIT, CALLED_TOOLS, UNKNOWN_FINISH = "content_filter", "length", "tool_calls", "other"
TEXTS = ("chat", "text_completion", "responses")
"""Operations whose answer is text, measured in tokens."""
CALLER_PACED = ("realtime", "batch")
"""Operations whose duration depends on the caller or on a queue."""
UNKNOWN_OPERATION = "other"
"""The operation of calls whose kind is unknown, so that it is not known what their answers should contain."""


def is_upstream_failure(request: Request, fault: str | None) -> bool | None:
    """Whether the upstream is at fault and the caller did not cancel. Not known if the fault is undecided."""
    if fault == UNDECIDED:
        return None
    return fault == UPSTREAM and not is_cancelled(request)


def is_empty(request: Request, fault: str | None, detected: Decimal | None) -> bool | None:
    """Whether there is evidence that the answer was empty.

    It is not known if the finish reason is an unknown word, or if the call failed through a fault other than the upstream's, which
    may be why the answer is empty. An answer that called a tool or was filtered does not count as empty. A detector's verdict comes
    first, then the answer in the record. The number of visible tokens, which excludes reasoning tokens, counts only for text, and
    only if the record does not withhold the answer.
    """
    if request.finish_reason == UNKNOWN_FINISH or fault not in (None, UPSTREAM):
        return None
    if request.finish_reason in (CALLED_TOOLS, FILTERED):
        return False
    if detected is not None:
        return detected == 1
    if request.has_answer is not None:
        return not request.has_answer
    if request.operation not in TEXTS or request.is_answer_withheld or request.output_tokens is None:
        return None
    return request.output_tokens == (request.reasoning_tokens or 0)


def is_invalid_json(request: Request, detected: Decimal | None) -> bool | None:
    """Whether the answer is invalid JSON. Not known if it was cut off or filtered, as the complete answer could have been valid."""
    if detected is None or request.finish_reason in (LENGTH_LIMIT, FILTERED):
        return None
    return detected == 1


def is_truncated(request: Request, detected: Decimal | None) -> bool | None:
    """Whether the answer was cut off for length below the caller's own limit. Not known if that limit or the finish reason is not."""
    if request.finish_reason == FILTERED:
        return False
    if detected is not None:
        return detected == 1
    if request.finish_reason in (None, UNKNOWN_FINISH):
        return None
    if request.finish_reason != LENGTH_LIMIT:
        return False
    if request.output_tokens is None or request.max_output_tokens is None:
        return None
    return request.output_tokens < request.max_output_tokens


def generation_ms(request: Request) -> int | None:
    """The time it took to generate the answer: the latency if it was not streamed, otherwise the time after the first token.

    Only streams have a first token, so a call with a time to first token counts as streamed unless the log says that it was not. The
    result is None rather than 0 or less.
    """
    time_to_first_token = 0 if request.streamed is False else request.ttft_ms
    if time_to_first_token is None:
        if request.streamed:
            return None
        time_to_first_token = 0
    if request.latency_ms is None or request.latency_ms <= time_to_first_token:
        return None
    return request.latency_ms - time_to_first_token


def throughput_tps(request: Request) -> Fraction | None:
    """Output tokens per second of generation time."""
    duration_ms = generation_ms(request)
    if duration_ms is None or request.output_tokens is None:
        return None
    return Fraction(request.output_tokens * 1000, duration_ms)


def latency_ratio(request: Request, baseline_ms: int | None) -> Fraction | None:
    """The latency divided by the baseline."""
    return Fraction(request.latency_ms, baseline_ms) if baseline_ms and request.latency_ms is not None else None


def signals_of(
    request: Request, baseline_ms: int | None, detected: dict[str, Decimal | None], fault: str | None
) -> dict[str, Fraction | None]:
    """Every signal of a request by name.

    `baseline_ms` is the latency baseline on its day, `detected` the detected value of each signal, and `fault` who is at fault for a failure.
    """
    return {
        "upstream_failed": _flag(is_upstream_failure(request, fault)),
        **_content_signals(request, detected, fault),
        **_latency_signals(request, baseline_ms),
    }


def _content_signals(
    request: Request, detected: dict[str, Decimal | None], fault: str | None
) -> dict[str, Fraction | None]:
    """The content signals. None of them is known if the operation is unknown."""
    known: dict[str, Fraction | None] = {
        "empty_completion": _flag(is_empty(request, fault, detected["empty_completion"])),
        "invalid_json": _flag(is_invalid_json(request, detected["invalid_json"])),
        "repetition_loop": _exact(detected["repetition_loop"]),
        "truncated": _flag(is_truncated(request, detected["truncated"])),
        "assessment_score": _exact(detected["assessment_score"]),
    }
    return dict.fromkeys(known) if request.operation == UNKNOWN_OPERATION else known


def _latency_signals(request: Request, baseline_ms: int | None) -> dict[str, Fraction | None]:
    """The latency signals. None of them is known if the duration depends on the caller or a queue."""
    if request.operation in CALLER_PACED:
        return dict.fromkeys(("latency_ratio", "throughput_tps", "latency_ms"))
    return {
        "latency_ratio": latency_ratio(request, baseline_ms),
        "throughput_tps": throughput_tps(request),
        "latency_ms": None if request.latency_ms is None else Fraction(request.latency_ms),
    }


def _exact(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def _flag(condition: bool | None) -> Fraction | None:
    return None if condition is None else Fraction(int(condition))
