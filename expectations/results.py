"""What an audit measured, as plain values that survive JSON. No judging and no Great Expectations here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isnan
from typing import Any, Literal

Severity = Literal["critical", "warning"]
JsonValue = Any


@dataclass(frozen=True)
class Measurement:
    """One expectation, measured.

    `observed` is `{"min": …, "max": …}` of the judged values, or a count. `judged_count` is how many values
    were judged, `unexpected_count` how many of them broke the expectation, `unexpected_rows` the first few of
    these with the hour (or source) they belong to. `note` says why nothing was judged, where nothing was.
    Decimals are strings, dates ISO 8601 in UTC.
    """

    expectation: str
    relation: str
    columns: list[str]
    severity: Severity
    success: bool
    threshold: dict[str, JsonValue]
    observed: JsonValue
    judged_count: int
    unexpected_count: int
    unexpected_rows: list[dict[str, JsonValue]]
    note: str | None
    sentence: str


@dataclass(frozen=True)
class SuiteResult:
    """The measurements of one table at one snapshot of the warehouse."""

    table: str
    snapshot_id: int
    measurements: list[Measurement]

    @property
    def success(self) -> bool:
        """True where no critical expectation failed: only these stop a publication."""
        return not self.failures

    @property
    def failures(self) -> list[Measurement]:
        """The critical expectations that failed."""
        return [m for m in self.measurements if not m.success and m.severity == "critical"]

    @property
    def warnings(self) -> list[Measurement]:
        """The expectations that failed without stopping anything."""
        return [m for m in self.measurements if not m.success and m.severity == "warning"]

    def to_dict(self) -> dict[str, JsonValue]:
        """The result as JSON-serialisable values; `from_dict` reads them back unchanged."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, JsonValue]) -> SuiteResult:
        """Read what `to_dict` wrote."""
        measurements = [Measurement(**measurement) for measurement in values["measurements"]]
        return cls(table=values["table"], snapshot_id=values["snapshot_id"], measurements=measurements)


def plain(value: Any) -> JsonValue:
    """`value` as JSON can carry it: decimals as strings (exact), times as ISO 8601, NaN as null."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float):
        return None if isnan(value) else value
    return value
