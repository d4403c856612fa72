"""What of an audit's results a person has to answer, by the request hour. Does not import Great Expectations."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from expectations.results import PAID, SHOWN_ROWS, JsonValue, Measurement, SuiteResult
from makegood.publication.findings import BLOCKED, HELD, Finding, now


def findings_of(results: Iterable[SuiteResult]) -> list[Finding]:
    """A finding for each hour that is held, and one for each check that blocks the publication."""
    return [finding for result in results for finding in (*_held(result), *_blocking(result))]


def _held(result: SuiteResult) -> Iterator[Finding]:
    for measured in result.holds:
        (column,) = measured.columns
        for row in measured.unexpected_rows:
            hour = datetime.fromisoformat(row["request_date"]) + timedelta(hours=int(row["request_hour"]))
            count, payout_usd = (row[name] for name in PAID)
            yield _finding(result, measured, HELD, hour, str(row[column]), (int(count), Decimal(payout_usd)))


def _blocking(result: SuiteResult) -> Iterator[Finding]:
    if result.error is not None:
        yield Finding(result.table, BLOCKED, None, "", "", result.error, "[]", 0, Decimal(0), now())
    for measured in result.failures:
        observed = f"{measured.observed['min']} to {measured.observed['max']}"
        yield _finding(result, measured, BLOCKED, None, observed, rows=measured.unexpected_rows[:SHOWN_ROWS])


def _finding(
    result: SuiteResult,
    measured: Measurement,
    severity: str,
    hour: datetime | None,
    value: str,
    paid: tuple[int, Decimal] = (0, Decimal(0)),
    rows: Sequence[dict[str, JsonValue]] = (),
) -> Finding:
    return Finding(
        check=f"{result.table}.{measured.columns[0]}",
        severity=severity,
        hour=hour,
        measured=value,
        allowed=_allowed(measured),
        sentence=measured.sentence,
        rows=json.dumps(list(rows)),
        compensation_count=paid[0],
        payout_usd=paid[1],
        found_at=now(),
    )


def _allowed(measured: Measurement) -> str:
    """Such as `at most 0.5`, or `0.1 to 10`."""
    least, most = measured.threshold.get("min_value"), measured.threshold.get("max_value")
    if least is None:
        return f"at most {most:g}"
    return f"at least {least:g}" if most is None else f"{least:g} to {most:g}"
