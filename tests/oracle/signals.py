"""What is measured of a request, as exact numbers. A signal that cannot be known is None and matches no rule."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from oracle.faults import UNDECIDED, UPSTREAM, is_cancelled
from oracle.merging import Request

FILTERED, CUT, CALLED_TOOLS, OTHER = "content_filter", "length", "tool_calls", "other"
TEXTS = ("chat", "text_completion", "responses")
"""Operations whose answer is text that is counted in tokens."""
UNTIMED = ("realtime", "batch")
"""Operations that last as long as somebody or a queue wants."""
NOT_KNOWN = "other"
"""The operation of which nobody knows what an answer is."""


def is_upstream_failure(request: Request, fault: str | None) -> bool | None:
    """The upstream's fault, unless the caller had left; unknown where nobody knows whose fault the error was."""
    if fault == UNDECIDED:
        return None
    return fault == UPSTREAM and not is_cancelled(request)


def is_empty(request: Request, fault: str | None, said: Decimal | None) -> bool | None:
    """Whether the answer was seen to hold nothing.

    Unknown where it ended in a word that nobody knows, or in an error that was not the upstream's, for that may be why it is
    empty. An answer that called a tool or was filtered is not an empty one. Whoever looked at the answer is believed first, then
    the record's own answer; the count of visible tokens (those of reasoning are not) speaks for text alone, and not where the
    record holds back the answer.
    """
    if request.finish_reason == OTHER or fault not in (None, UPSTREAM):
        return None
    if request.finish_reason in (CALLED_TOOLS, FILTERED):
        return False
    if said is not None:
        return said == 1
    if request.has_answer is not None:
        return not request.has_answer
    if request.operation not in TEXTS or request.is_answer_withheld or request.output_tokens is None:
        return None
    return request.output_tokens == (request.reasoning_tokens or 0)


def is_invalid_json(request: Request, said: Decimal | None) -> bool | None:
    """Only what ended by itself can be no JSON: of an answer that was cut or filtered nobody knows what it would have been."""
    if said is None or request.finish_reason in (CUT, FILTERED):
        return None
    return said == 1


def is_truncated(request: Request, said: Decimal | None) -> bool | None:
    """Cut off for length although the caller's own limit was not reached; unknown where that limit or the ending is."""
    if request.finish_reason == FILTERED:
        return False
    if said is not None:
        return said == 1
    if request.finish_reason in (None, OTHER):
        return None
    if request.finish_reason != CUT:
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


def signals_of(
    request: Request, normal_ms: int | None, said: dict[str, Decimal | None], fault: str | None
) -> dict[str, Fraction | None]:
    """Every signal of a request by name.

    `normal_ms` is the latency that is normal for its like on its day. `said` is what detectors say of the answer, `fault` whose
    fault a failure is.
    """
    return {
        "upstream_failed": _flag(is_upstream_failure(request, fault)),
        **_content(request, said, fault),
        **_slowness(request, normal_ms),
    }


def _content(request: Request, said: dict[str, Decimal | None], fault: str | None) -> dict[str, Fraction | None]:
    """What is known of the answer; nothing at all where nobody knows what was bought."""
    known: dict[str, Fraction | None] = {
        "empty_completion": _flag(is_empty(request, fault, said["empty_completion"])),
        "invalid_json": _flag(is_invalid_json(request, said["invalid_json"])),
        "repetition_loop": _exact(said["repetition_loop"]),
        "truncated": _flag(is_truncated(request, said["truncated"])),
        "assessment_score": _exact(said["assessment_score"]),
    }
    return dict.fromkeys(known) if request.operation == NOT_KNOWN else known


def _slowness(request: Request, normal_ms: int | None) -> dict[str, Fraction | None]:
    """How long it took; nothing of that where the caller or a queue decided how long."""
    if request.operation in UNTIMED:
        return dict.fromkeys(("latency_ratio", "throughput_tps", "latency_ms"))
    return {
        "latency_ratio": latency_ratio(request, normal_ms),
        "throughput_tps": throughput_tps(request),
        "latency_ms": None if request.latency_ms is None else Fraction(request.latency_ms),
    }


def _exact(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def _flag(condition: bool | None) -> Fraction | None:
    return None if condition is None else Fraction(int(condition))
