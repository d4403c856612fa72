"""What an audit measured, as plain values that survive JSON. No judging and no Great Expectations here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isinf, isnan
from typing import Any, Literal

Severity = Literal["critical", "warning"]
Outcome = Literal["passed", "failed", "no data"]
JsonValue = Any


@dataclass(frozen=True)
class Measurement:
    """One expectation, measured.

    `observed` is `{"min": …, "max": …}` of the judged values, or a count. `judged_count` is how many values
    were judged, `unexpected_count` how many of them broke the expectation, `unexpected_rows` the first few of
    these with the hour (or source) they belong to. `outcome` is "no data" where nothing was judged, and `note` says why
    that is right, or, of a failure, that values are missing. Decimals are strings, dates ISO 8601 in UTC.
    """

    expectation: str
    relation: str
    columns: list[str]
    severity: Severity
    outcome: Outcome
    threshold: dict[str, JsonValue]
    observed: JsonValue
    judged_count: int
    unexpected_count: int
    unexpected_rows: list[dict[str, JsonValue]]
    note: str | None
    sentence: str


@dataclass(frozen=True)
class SuiteResult:
    """The measurements of one table at one snapshot of the warehouse; `error` says why it could not be measured, where it could not."""

    table: str
    snapshot_id: int
    measurements: list[Measurement]
    error: str | None = None

    @property
    def success(self) -> bool:
        """True where it was measured and no critical expectation failed: anything else stops a publication."""
        return self.error is None and not self.failures

    @property
    def failures(self) -> list[Measurement]:
        """The critical expectations that failed."""
        return [m for m in self.measurements if m.outcome == "failed" and m.severity == "critical"]

    @property
    def warnings(self) -> list[Measurement]:
        """The expectations that failed without stopping anything."""
        return [m for m in self.measurements if m.outcome == "failed" and m.severity == "warning"]

    @property
    def unjudged(self) -> list[Measurement]:
        """The expectations that had no data to judge."""
        return [m for m in self.measurements if m.outcome == "no data"]

    def to_dict(self) -> dict[str, JsonValue]:
        """The result as JSON-serialisable values; `from_dict` reads them back unchanged."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, JsonValue]) -> SuiteResult:
        """Read what `to_dict` wrote."""
        measurements = [Measurement(**measurement) for measurement in values["measurements"]]
        return cls(values["table"], values["snapshot_id"], measurements, values["error"])


def plain(value: Any) -> JsonValue:
    """`value` as JSON can carry it: decimals as strings (exact), times as ISO 8601, NaN as null, infinity as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float):
        return None if isnan(value) else str(value) if isinf(value) else value
    return value
