"""Decides whether a call failed and who was at fault, from the log and the policy's table of failure faults."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from oracle.merging import Request
from oracle.records import Fault, Log, status_of

CLIENT_CLOSED_REQUEST = 499
UPSTREAM, GATEWAY, CALLER, UNDECIDED = "upstream", "gateway", "caller", "undecided"


def is_error(log: Log) -> bool:
    """Whether the call ended with an error or a status of 400 or above, or the log names the origin of a failure."""
    status = status_of(log)
    return log.finish_reason == "error" or (status is not None and status >= 400) or log.error_origin is not None


def is_cancelled(log: Log) -> bool:
    """Whether the caller cancelled the call or disconnected before its end."""
    return log.cancelled is True or log.finish_reason == "cancelled" or status_of(log) == CLIENT_CLOSED_REQUEST


def fault_of(request: Request, faults: Iterable[Fault]) -> str | None:
    """Who is at fault for the failure, or None if nothing failed.

    Of the matching rows in force at the time, the one with the lowest rank decides. If no row matches, the fault is undecided.
    """
    if not is_error(request):
        return None
    matching = [row for row in faults if row.holds(request.requested_at) and matches_failure(row, request)]
    return min(matching, key=lambda row: row.rank).fault if matching else UNDECIDED


def matches_failure(row: Fault, log: Log) -> bool:
    """Whether a row matches the origin, the status and the error code of a failure."""
    return (
        row.error_origin in ("*", log.error_origin or "unsaid")
        and _matches_status(row.status, log)
        and _code_regex(row.error_code).fullmatch("none" if log.error_code is None else log.error_code.lower())
        is not None
    )


def _matches_status(pattern: str, log: Log) -> bool:
    status = status_of(log)
    if status is None:
        return pattern in ("*", "none" if log.status_code is None else "word")
    return str(status).startswith(pattern[:-1]) if pattern.endswith("*") else str(status) == pattern


@cache
def _code_regex(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
