"""Merges deliveries into requests: finds the home hour of each request, merges the values of its deliveries, and computes its cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any

from oracle.records import LOG_COLUMNS, Key, Log, Price, status_of

REACH = timedelta(days=7)
MONEY = Decimal("1e-12")
WIDE = Context(prec=80)
NOT_PRICED = "not_priced"
NOT_KNOWN = "other"
NO_PURCHASES = ("retrieval", "health_check")
FIRST_IMPOSSIBLE_COST = 10**6


@dataclass(frozen=True, slots=True)
class Request(Log):
    """One request, merged from all of its deliveries, with its cost."""

    cost_source: str
    first_requested_at: datetime

    @property
    def hour(self) -> datetime:
        """The home hour of the request."""
        return hour_of(self.requested_at)


def hour_of(moment: datetime) -> datetime:
    """The start of the hour that contains a moment."""
    return moment.replace(minute=0, second=0, microsecond=0)


def rounded(amount: Fraction | Decimal) -> Decimal:
    """An amount of money, rounded half-even to 12 decimals."""
    if isinstance(amount, Fraction):
        units = amount / Fraction(MONEY)
        return WIDE.multiply(Decimal(round(units)), MONEY).quantize(MONEY, context=WIDE)
    return amount.quantize(MONEY, rounding=ROUND_HALF_EVEN, context=WIDE)


def by_key(deliveries: Iterable[Log]) -> dict[Key, list[Log]]:
    """The deliveries of each key."""
    keys: dict[Key, list[Log]] = defaultdict(list)
    for delivery in deliveries:
        keys[delivery.key].append(delivery)
    return keys


@dataclass(frozen=True, slots=True)
class Place:
    """The time span of a delivery. A later delivery that begins before `end` may belong to the same request."""

    begin: datetime
    end: datetime


def place_of(delivery: Log) -> Place:
    """The delivery's hour and the 7 days after it. If its key may be reused for another purchase, only the time of the call itself."""
    if delivery.needs_overlap:
        begin = delivery.requested_at
        return Place(begin, begin + timedelta(milliseconds=delivery.latency_ms or 0))
    hour = hour_of(delivery.requested_at)
    return Place(hour, hour + REACH + timedelta(hours=1))


def homes_of(places: Iterable[Place]) -> list[datetime]:
    """The starts of those time spans of a key at which a request begins.

    A request begins at a span that no earlier span within 7 days reaches. A key that is delivered again later than that is another
    request.
    """
    found = set(places)
    return sorted(
        {
            place.begin
            for place in found
            if not any(other.begin < place.begin < other.end and place.begin - other.begin <= REACH for other in found)
        }
    )


def requests_of(deliveries: list[Log], prices: dict[str, list[Price]]) -> list[Request]:
    """The requests of one key. Each is merged from the deliveries between its home and the next home, for at most 7 days."""
    places = [place_of(delivery) for delivery in deliveries]
    homes = homes_of(places)
    found = []
    for home in homes:
        parts = [
            part
            for part, place in zip(deliveries, places, strict=True)
            if home == max(h for h in homes if h <= place.begin) and place.begin - home <= REACH
        ]
        found.append(_merged(home, parts, prices))
    return found


def _merged(home: datetime, parts: list[Log], prices: dict[str, list[Price]]) -> Request:
    """The merged request. The delivery with the latest landing hour, then file, then line wins; missing values come from earlier ones.

    A delivery that only reads a purchase ranks below all deliveries of the purchase itself. The times all come from one delivery: the
    latest one in the home hour that has a latency, otherwise the latest one in the home hour.
    """

    def landing(part: Log) -> tuple[datetime, str, int]:
        return part.landed_hour, part.landing_file, part.landing_line

    latest = sorted(parts, key=lambda part: (part.operation != "retrieval", *landing(part)), reverse=True)
    values: dict[str, Any] = {column: _first(latest, column) for column in LOG_COLUMNS}
    at_home = [part for part in latest if place_of(part).begin == home]
    times = next((part for part in at_home if part.latency_ms is not None), at_home[0])
    values |= {column: getattr(times, column) for column in ("requested_at", "completed_at", "latency_ms", "ttft_ms")}
    values |= _outcome(latest)
    values["first_requested_at"] = min(parts, key=landing).requested_at
    values["operation"] = _operation(latest)
    values["is_answer_withheld"] = any(part.is_answer_withheld for part in latest)
    values["cost_basis"] = _basis(latest)
    values["cost_usd"], cost_source = _cost(values, prices.get(values["model"], []))
    return Request(**values, cost_source=cost_source)


def _outcome(latest: list[Log]) -> dict[str, Any]:
    """The outcome of the purchase: status, error, cancellation and finish reason.

    The status, error and cancellation of a read describe the read, so they count only if there are no other deliveries. A successful
    read supplies the finish reason if the deliveries of the purchase have none.
    """
    purchases = [part for part in latest if part.operation != "retrieval"] or latest
    values = {
        column: _first(purchases, column) for column in ("cancelled", "status_code", "error_code", "error_origin")
    }
    finished_reads = [
        part
        for part in latest
        if part.operation == "retrieval" and part.finish_reason not in (None, NOT_KNOWN) and not _has_failed(part)
    ]
    is_open = purchases is not latest and _first(purchases, "finish_reason") in (None, NOT_KNOWN)
    finish_sources = finished_reads if is_open and finished_reads else purchases
    return values | {column: _first(finish_sources, column) for column in ("finish_reason", "native_finish_reason")}


def _has_failed(log: Log) -> bool:
    status = status_of(log)
    return (status is not None and status >= 400) or log.error_origin is not None or bool(log.cancelled)


def _operation(latest: list[Log]) -> str:
    """The operation that was bought.

    It comes from the latest delivery of a purchase with a native operation, else from the latest read with a native operation, else
    from the latest delivery whose operation is known.
    """
    known = [part for part in latest if part.operation != NOT_KNOWN]
    named = [part for part in known if part.native_operation is not None]
    purchases = [part for part in named if part.operation not in NO_PURCHASES]
    return next((part.operation for parts in (purchases, named, known) for part in parts), NOT_KNOWN)


def _first(latest: list[Log], column: str) -> Any:
    return next((value for part in latest if (value := getattr(part, column)) is not None), None)


def _basis(latest: list[Log]) -> str | None:
    """The basis of the cost that counts. If no delivery has a cost: whether one says that the call could not be priced."""
    reported = [part.cost_basis for part in latest if part.cost_usd is not None]
    if reported:
        return reported[0]
    return NOT_PRICED if any(part.cost_basis == NOT_PRICED for part in latest) else None


def _cost(values: dict[str, Any], prices: list[Price]) -> tuple[Decimal | None, str]:
    """The cost and its source.

    A read of an earlier purchase costs 0. Otherwise the cost is the one in the log, from the cost field or the breakdown; else 0 if
    the cache answered; else computed from the price list in force; else unknown.
    """
    if values["operation"] == "retrieval":
        return rounded(Decimal(0)), "reported"
    if values["cost_usd"] is not None:
        return values["cost_usd"], "breakdown" if values["cost_basis"] == "breakdown" else "reported"
    if values["cache_hit"]:
        return rounded(Decimal(0)), "priced"
    if values["cost_basis"] == NOT_PRICED:
        return None, "unpriced"
    for price in prices:
        if price.holds(values["requested_at"]):
            cost = _list_cost(price, values)
            if cost is not None:
                return cost, "priced"
    return None, "unpriced"


def _list_cost(price: Price, values: dict[str, Any]) -> Decimal | None:
    """The cost of input and output tokens, where cached tokens and tokens written to a cache have their own prices.

    Missing counts of written tokens are taken as 0. The cost is unknown if another count is missing, if the counts contradict each
    other, or if the result is a million dollars or more, which landing does not accept from a log either.
    """
    input_tokens, cached_tokens, output_tokens = (
        values["input_tokens"],
        values["cached_tokens"],
        values["output_tokens"],
    )
    cache_write_tokens, cache_write_1h_tokens = values["cache_write_tokens"] or 0, values["cache_write_1h_tokens"] or 0
    if input_tokens is None or output_tokens is None or cached_tokens is None:
        return None
    priced = [
        (price.input_price_usd, input_tokens - cached_tokens - cache_write_tokens),
        (price.cached_price_usd, cached_tokens),
        (price.cache_write_price_usd, cache_write_tokens - cache_write_1h_tokens),
        (price.cache_write_1h_price_usd, cache_write_1h_tokens),
        (price.output_price_usd, output_tokens),
    ]
    if any(tokens < 0 for _, tokens in priced):
        return None
    cost = rounded(sum((tokens * Fraction(price_per_token) for price_per_token, tokens in priced), Fraction(0)))
    return cost if cost < FIRST_IMPOSSIBLE_COST else None


def superseded_by_hour(deliveries: list[Log], requests: list[Request]) -> dict[datetime, int]:
    """The number of superseded deliveries of one key in each hour."""
    counts: dict[datetime, int] = defaultdict(int)
    for delivery in deliveries:
        counts[hour_of(delivery.requested_at)] += 1
    for request in requests:
        counts[request.hour] -= 1
    return dict(counts)
