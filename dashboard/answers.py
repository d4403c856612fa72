"""The response models of the API. Money is text with all its digits, times are ISO 8601 in UTC, and null means unknown."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, Field, PlainSerializer

Money = Annotated[
    Decimal, PlainSerializer(lambda value: format(value, "f"), return_type=str), Field(description="USD, as text.")
]
Number = Annotated[Decimal, PlainSerializer(lambda value: format(value, "f"), return_type=str)]
Moment = Annotated[
    datetime,
    PlainSerializer(lambda value: f"{value.isoformat(timespec='milliseconds')}Z", return_type=str),
    Field(description="UTC, milliseconds."),
]


class Answer(BaseModel):
    """Base of the answers: the publication that the answer was read from."""

    publication_id: int


class CompensationType(BaseModel):
    """A type of compensation, as defined in the policy."""

    compensation_type: str
    label: str
    description: str


class PublicationAnswer(Answer):
    """What is published, and the values that the filters offer."""

    snapshot_id: int
    published_at: Moment
    data_from: Moment | None
    data_through: Moment | None
    is_stale: bool = Field(description="Whether the newest data is older than `stale_after_hours`.")
    stale_after_hours: int
    held_hours: list[Moment] | None = Field(
        description="The request hours whose money is surprising: their request dates are not settled until somebody accepts it. Null if the"
        " record of it cannot be read."
    )
    account: str | None = Field(description="The only account that this visitor may see; null means all.")
    types: list[CompensationType]
    models: list[str] = Field(description="The models with at least one compensation.")


class KpiValues(BaseModel):
    """The four KPIs of a range, or of the period before it."""

    total_compensation_usd: Money
    compensation_count: int
    average_per_compensation_usd: Money
    average_compensation_per_day: Number


class Changes(BaseModel):
    """Change from the previous period in per cent, with one decimal; null if the value before was 0 or that period is not completely published."""

    total_compensation_usd: Number | None
    compensation_count: Number | None
    average_per_compensation_usd: Number | None
    average_compensation_per_day: Number | None


class TypeTotal(BaseModel):
    """The totals of a compensation type in the range."""

    compensation_type: str
    compensation_count: int
    payout_usd: Money


class SummaryAnswer(Answer):
    """The values of the KPI cards."""

    start: Moment = Field(serialization_alias="from")
    end: Moment = Field(serialization_alias="to")
    hours_covered: int
    kpis: KpiValues
    before: KpiValues | None = Field(
        description="The KPIs of the previous period; null if that period is not completely published."
    )
    change: Changes
    posted_usd: Money | None = Field(
        description="What the ledger has posted for all request dates that the range touches. Null if nothing was ever settled,"
        " and if models or types are filtered, because the ledger does not distinguish them."
    )
    types: list[TypeTotal]


class Group(BaseModel):
    """One series of a chart: a type, a model, or all remaining ones combined."""

    key: str | None = Field(description="The type or model; null means all others combined.")
    label: str
    total: Number
    values: list[Number] = Field(description="One for each bucket.")


class SeriesAnswer(Answer):
    """The data of both charts for one measure: payouts in USD, or counts."""

    bucket: str = Field(description="hour or day")
    buckets: list[Moment]
    by_type: list[Group]
    by_model: list[Group]


class DetailsRow(BaseModel):
    """One compensated request, with the column names of mart_compensation_details."""

    timestamp: Moment
    model: str
    input_tokens: int | None
    output_tokens: int | None
    cost: Money
    latency: int | None
    throughput: Number | None
    finish: str | None
    payout: Money
    compensation_type: str
    request_id: str
    source: str
    account_id: str
    request_key: str = Field(description="Distinguishes requests with the same id.")


class DetailsAnswer(Answer):
    """One page of the details table."""

    total: int
    page: int
    page_size: int
    rows: list[DetailsRow]


class OtherRequest(BaseModel):
    """Another request with the same id: by another account, or by the same caller at another time."""

    requested_at: Moment
    account_id: str
    request_key: str


class RequestAnswer(Answer):
    """Everything that is known about one request."""

    source: str
    request_id: str
    requested_at: Moment
    decision: str = Field(description="The decision in a sentence.")
    reason_code: str
    facts: dict[str, Any] = Field(description="The row of fct_requests; decimals and times as text.")
    rules: list[dict[str, Any]] = Field(
        description="Every rule that was in force, with the value that it compared. The rule that pays comes first."
    )
    payout_status: str | None = Field(
        description="The settlement status of a payout: decided, posted, capped or pending."
    )
    ledger_entries: list[dict[str, Any]]
    assessments: list[dict[str, Any]]
    meta: Any = Field(
        description="Headers, parameters and context as logged, limited to values that are known to be harmless."
    )
    others: list[OtherRequest] = Field(description="Other requests with the same id, the latest first.")


class Healthy(BaseModel):
    """The process answers. States whether anything is published."""

    is_published: bool
