"""The results of an audit, as plain values that can be converted to JSON and back. Does not import Great Expectations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isinf, isnan
from typing import Any, Literal

Severity = Literal["critical", "hold", "warning"]
"""A critical failure stops the publication, a hold stops the settlement of the request dates concerned, a warning stops nothing."""
Outcome = Literal["passed", "failed", "no data"]
JsonValue = Any
SHOWN_ROWS = 5
"""Maximum number of unexpected rows that a measurement shows."""
PAID = ("compensation_count", "payout_usd")
"""The columns of a relation with holds that say what each of its hours pays. An acceptance names them too."""


@dataclass(frozen=True)
class Measurement:
    """The result of one expectation.

    `observed` is `{"min": …, "max": …}` of the checked values. `judged_count` is the number of checked values,
    `unexpected_count` the number of them that do not meet the expectation, and `unexpected_rows` the keys and values
    of the first few of these, or of all if they are held. `outcome` is "no data" where there was no value to check; `note` then says why that is
    acceptable. For a failure, `note` says that values are missing if they are. Decimals are strings, dates are
    ISO 8601 in UTC.
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
    """The measurements of one table at one snapshot of the warehouse, or the `error` for which it could not be measured."""

    table: str
    snapshot_id: int
    measurements: list[Measurement]
    error: str | None = None

    @property
    def success(self) -> bool:
        """Whether the table was measured and no critical expectation failed. Otherwise nothing is published."""
        return self.error is None and not self.failures

    @property
    def failures(self) -> list[Measurement]:
        """The critical expectations that failed."""
        return [m for m in self.measurements if m.outcome == "failed" and m.severity == "critical"]

    @property
    def holds(self) -> list[Measurement]:
        """The expectations whose failure is published, but holds the settlement until a person accepts it."""
        return [m for m in self.measurements if m.outcome == "failed" and m.severity == "hold"]

    @property
    def warnings(self) -> list[Measurement]:
        """The expectations that failed as warnings, which do not stop a publication."""
        return [m for m in self.measurements if m.outcome == "failed" and m.severity == "warning"]

    @property
    def unjudged(self) -> list[Measurement]:
        """The expectations that had no data to check."""
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
    """Convert `value` for JSON: decimals to strings (exact), times to ISO 8601, NaN to null, infinity to text."""
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
