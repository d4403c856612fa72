"""The query parameters of the API: typed, bounded, and translated to SQL conditions with bound values.

The conditions are the fixed texts below. What a visitor sends is only ever a bound value and never part of the SQL.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from makegood.errors import MakegoodError
from makegood.hours import HOUR, parse_hour
from makegood.publication.asking import instant, number, whole_number

RANGES = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30), "90d": timedelta(days=90)}
LONGEST_RANGE = timedelta(days=3 * 366)
LAST_BIGINT = 2**63 - 1


def _hour(text: str) -> str:
    try:
        parse_hour(text)
    except MakegoodError as error:
        raise ValueError(str(error)) from error
    return text


Hour = Annotated[str, AfterValidator(_hour), Field(max_length=20, description="An hour in UTC, such as 2026-11-01T05.")]


def _read_by(parse: Callable[[str], Any]) -> BeforeValidator:
    """Parse text with `parse` only: pydantic would accept `1_0`, `3e1` and ` 3` as numbers, and a number as a time."""
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


def _decimal(whole: int, places: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": rf"^[0-9]{{1,{whole}}}(\.[0-9]{{1,{places}}})?$"})


Instant = Annotated[
    datetime,
    _read_by(instant),
    Field(description="ISO 8601; UTC if it has no time zone."),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Name = Annotated[str, Field(min_length=1, max_length=300)]
Whole = Annotated[int, _read_by(whole_number)]
Count = Annotated[Whole, Field(ge=0, le=LAST_BIGINT)]
Amount = Annotated[
    Decimal, _read_by(number), Field(ge=0, lt=1_000_000, max_digits=18, decimal_places=12), _decimal(6, 12)
]
Speed = Annotated[Decimal, _read_by(number), Field(ge=0, lt=10**12, max_digits=18, decimal_places=6), _decimal(12, 6)]
Sort = Literal[
    "timestamp", "model", "input_tokens", "output_tokens", "cost", "latency", "throughput", "finish", "payout"
]

COLUMNS: dict[str, str] = {
    "timestamp": "requested_at",
    "model": "model",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cost": "cost_usd",
    "latency": "latency_ms",
    "throughput": "throughput_tps",
    "finish": "finish_reason",
    "payout": "payout_usd",
}
"""The columns of the details: their names on the page, and in fct_compensations."""


@dataclass(frozen=True)
class Selection:
    """The selected compensations: the hours [start, end) in naive UTC, and conditions with bound values.

    Attributes:
        account: the only account to select, if any.
        by_hour: conditions on hour, type and model, which can be applied to aggregated rows.
        by_row: conditions on single compensations.
        values: the values of the conditions' parameters, as a tuple so that selections can be compared and hashed.
    """

    start: datetime
    end: datetime
    account: str | None = None
    by_hour: tuple[str, ...] = ()
    by_row: tuple[str, ...] = ()
    values: tuple[tuple[str, Any], ...] = ()

    @property
    def hour_count(self) -> int:
        """The length of the range in hours."""
        return (self.end - self.start) // HOUR

    def before(self) -> "Selection":
        """The same selection for the preceding period of the same length."""
        return replace(self, start=self.start - (self.end - self.start), end=self.start)

    def parameters(self) -> dict[str, Any]:
        """The values to bind."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.values}


class Filters(BaseModel):
    """The filters at the top of the page: models, types, an account, and a range of hours or a named range that ends with the published data."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)

    range: Literal["24h", "7d", "30d", "90d"] = Field(
        "30d", description="A range that ends with the published data. Ignored if `from` and `to` are given."
    )
    start: Hour | None = Field(None, alias="from")
    end: Hour | None = Field(
        None, alias="to", description="The end of the range, which is not included: an hour in UTC."
    )
    model: list[Name] = Field(
        [], max_length=200, description="The names of the models that were asked for; none means all."
    )
    type: list[Name] = Field([], max_length=50, description="Compensation types; none means all.")
    account: Name | None = None

    @model_validator(mode="after")
    def _whole_range(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("from and to must be given together")
        if self.start is not None and self.end is not None:
            start, end = parse_hour(self.start), parse_hour(self.end)
            if end <= start:
                raise ValueError("to must be later than from")
            if end - start > LONGEST_RANGE:
                raise ValueError(f"a range is at most {LONGEST_RANGE.days} days long")
            if start - datetime(1900, 1, 1) < LONGEST_RANGE:  # noqa: DTZ001 - hours are naive UTC throughout
                raise ValueError("the range begins too long ago")
        return self

    def selection(self, data_through: datetime) -> Selection:
        """What these filters select; named ranges end at `data_through`."""
        if self.start is not None and self.end is not None:
            start, end = parse_hour(self.start), parse_hour(self.end)
        else:
            start, end = data_through - RANGES[self.range], data_through
        conditions, values = list[str](), list[tuple[str, Any]]()
        if self.model:
            conditions.append("list_contains($models, model)")
            values.append(("models", tuple(sorted(set(self.model)))))
        if self.type:
            conditions.append("list_contains($types, compensation_type)")
            values.append(("types", tuple(sorted(set(self.type)))))
        return Selection(start, end, self.account, tuple(conditions), (), tuple(values))


class SeriesFilters(Filters):
    """The filters, and the measure of the charts."""

    measure: Literal["credits", "times"] = "credits"


class RowFilters(Filters):
    """The filters, the category tab of the details, and the filters on their columns."""

    category: Name | None = Field(None, description="A compensation type; none means all.")
    model_contains: Name | None = None
    finish: list[Name] = Field([], max_length=20, description="Finish reasons; `none` selects requests without one.")
    min_timestamp: Instant | None = None
    max_timestamp: Instant | None = None
    min_input_tokens: Count | None = None
    max_input_tokens: Count | None = None
    min_output_tokens: Count | None = None
    max_output_tokens: Count | None = None
    min_cost: Amount | None = None
    max_cost: Amount | None = None
    min_latency: Count | None = None
    max_latency: Count | None = None
    min_throughput: Speed | None = None
    max_throughput: Speed | None = None
    min_payout: Amount | None = None
    max_payout: Amount | None = None
    sort: Sort = "timestamp"
    direction: Literal["asc", "desc"] = "desc"

    def selection(self, data_through: datetime) -> Selection:
        """What these filters select, including the column filters."""
        selected = super().selection(data_through)
        by_hour, by_row, values = list(selected.by_hour), list[str](), list(selected.values)
        if self.category is not None:
            by_hour.append("compensation_type = $category")
            values.append(("category", self.category))
        if self.model_contains is not None:
            by_hour.append("contains(lower(model), lower($model_contains))")
            values.append(("model_contains", self.model_contains))
        if self.finish:
            by_row.append("list_contains($finishes, coalesce(finish_reason, 'none'))")
            values.append(("finishes", tuple(sorted(set(self.finish)))))
        for name, column in COLUMNS.items():
            for bound, comparator in (("min", ">="), ("max", "<=")):
                value = getattr(self, f"{bound}_{name}", None)
                if value is not None:
                    by_row.append(f"{column} {comparator} ${bound}_{name}")
                    values.append((f"{bound}_{name}", value))
        return replace(selected, by_hour=tuple(by_hour), by_row=tuple(by_row), values=tuple(values))

    @property
    def order(self) -> str:
        """The first sort key of the rows, with nulls last."""
        return f"{COLUMNS[self.sort]} {self.direction} nulls last"


class PageFilters(RowFilters):
    """One page of the details."""

    page: Whole = Field(1, ge=1, le=10**9)
    page_size: Whole = Field(25, ge=1, le=100)


class ExportFilters(RowFilters):
    """The filters and format of an export."""

    format: Literal["csv", "parquet"] = "csv"
