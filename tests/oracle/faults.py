"""Whether a call failed, and whose fault that was: by what the log says of it and the policy's table of faults."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from oracle.merging import Request
from oracle.records import Fault, Log, status_of

CALLER_LEFT = 499
UPSTREAM, GATEWAY, CALLER, UNDECIDED = "upstream", "gateway", "caller", "undecided"


def is_error(log: Log) -> bool:
    """Finished in error, or with a status of 400 or above, or the log says whose failure it was."""
    status = status_of(log)
    return log.finish_reason == "error" or (status is not None and status >= 400) or log.error_origin is not None


def is_cancelled(log: Log) -> bool:
    """The caller left before the end."""
    return log.cancelled is True or log.finish_reason == "cancelled" or status_of(log) == CALLER_LEFT


def fault_of(request: Request, faults: Iterable[Fault]) -> str | None:
    """Whose fault the failure is; None where nothing failed.

    Of the rows of its time that fit, the one of the lowest rank says so. Where no row fits, nobody knows.
    """
    if not is_error(request):
        return None
    fitting = [row for row in faults if row.holds(request.requested_at) and fits(row, request)]
    return min(fitting, key=lambda row: row.rank).fault if fitting else UNDECIDED


def fits(row: Fault, log: Log) -> bool:
    """A row fits a failure of which it names the origin, the status and the code, or leaves them open."""
    return (
        row.error_origin in ("*", log.error_origin or "unsaid")
        and _fits_status(row.status, log)
        and _code(row.error_code).fullmatch("none" if log.error_code is None else log.error_code.lower()) is not None
    )


def _fits_status(pattern: str, log: Log) -> bool:
    status = status_of(log)
    if status is None:
        return pattern in ("*", "none" if log.status_code is None else "word")
    return str(status).startswith(pattern[:-1]) if pattern.endswith("*") else str(status) == pattern


@cache
def _code(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
