"""The shapes of the API's answers. Money is text with every digit that it has; times are ISO 8601 in UTC; null is not known."""

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
    """What every answer says: of which publication it is."""

    publication_id: int


class CompensationType(BaseModel):
    """A type of compensation, as the policy has it."""

    compensation_type: str
    label: str
    description: str


class PublicationAnswer(Answer):
    """What is published, and what there is to choose from."""

    snapshot_id: int
    published_at: Moment
    data_from: Moment | None
    data_through: Moment | None
    is_stale: bool = Field(description="Whether the data end longer ago than they should.")
    stale_after_hours: int
    account: str | None = Field(description="The one account that this visitor may see; null is all.")
    types: list[CompensationType]
    models: list[str] = Field(description="Models with a compensation.")


class KpiValues(BaseModel):
    """The four KPIs of a range, and of the period before it."""

    total_compensation_usd: Money
    compensation_count: int
    average_per_compensation_usd: Money
    average_compensation_per_day: Number


class Changes(BaseModel):
    """Per cent against the period before, one decimal; null where that period has none, or is not published whole."""

    total_compensation_usd: Number | None
    compensation_count: Number | None
    average_per_compensation_usd: Number | None
    average_compensation_per_day: Number | None


class TypeTotal(BaseModel):
    """What a type comes to in the range."""

    compensation_type: str
    compensation_count: int
    payout_usd: Money


class SummaryAnswer(Answer):
    """The KPI cards."""

    start: Moment = Field(serialization_alias="from")
    end: Moment = Field(serialization_alias="to")
    hours_covered: int
    kpis: KpiValues
    before: KpiValues | None = Field(
        description="The period before; null where the publication does not hold it whole."
    )
    change: Changes
    posted_usd: Money | None = Field(
        description="What the ledger has posted for the request dates that the range touches, whole days; the ledger knows no"
        " models and types, so null where those are filtered, and where nothing was ever settled."
    )
    types: list[TypeTotal]


class Group(BaseModel):
    """One colour of a chart: a type or a model, or the rest of them."""

    key: str | None = Field(description="The type or model; null is all others together.")
    label: str
    total: Number
    values: list[Number] = Field(description="One for each bucket.")


class SeriesAnswer(Answer):
    """Both charts for one measure: payout in USD, or a count."""

    bucket: str = Field(description="hour or day")
    buckets: list[Moment]
    by_type: list[Group]
    by_model: list[Group]


class DetailsRow(BaseModel):
    """One compensated request, in the names of mart_compensation_details."""

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
    request_key: str = Field(description="Tells requests of one id apart.")


class DetailsAnswer(Answer):
    """One page of the details."""

    total: int
    page: int
    page_size: int
    rows: list[DetailsRow]


class OtherRequest(BaseModel):
    """Another request of the same id: of another account, or the same caller's at another time."""

    requested_at: Moment
    account_id: str
    request_key: str


class RequestAnswer(Answer):
    """All that is known of one request."""

    source: str
    request_id: str
    requested_at: Moment
    decision: str = Field(description="The decision in a sentence.")
    reason_code: str
    facts: dict[str, Any] = Field(description="The row of fct_requests; decimals and times as text.")
    rules: list[dict[str, Any]] = Field(
        description="Every rule in force for it, with what it saw; the one that pays first."
    )
    payout_status: str | None = Field(description="How far a payout has come: decided, posted, capped or pending.")
    ledger_entries: list[dict[str, Any]]
    assessments: list[dict[str, Any]]
    meta: Any = Field(
        description="Headers, parameters and context as logged: of their values what is known to be harmless."
    )
    others: list[OtherRequest] = Field(description="Other requests of the same id, the latest first.")


class Healthy(BaseModel):
    """That the process answers, and whether it has something to show."""

    is_published: bool
