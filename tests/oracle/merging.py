"""From deliveries to requests: which hour keeps a key, what the deliveries add up to, and what is worked out of them."""

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
    """One request as all of its deliveries together tell it, with its cost settled."""

    cost_source: str
    first_requested_at: datetime

    @property
    def hour(self) -> datetime:
        """The hour that keeps the request."""
        return hour_of(self.requested_at)


def hour_of(moment: datetime) -> datetime:
    """The hour that a moment lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def rounded(amount: Fraction | Decimal) -> Decimal:
    """Money, rounded once: half-even, 12 places."""
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
    """Where a delivery stands in time, and how far it reaches: a later one that begins before `end` may be of the same request."""

    begin: datetime
    end: datetime


def place_of(delivery: Log) -> Place:
    """Its whole hour and 7 days more; where the name may come again, the call itself."""
    if delivery.needs_overlap:
        begin = delivery.requested_at
        return Place(begin, begin + timedelta(milliseconds=delivery.latency_ms or 0))
    hour = hour_of(delivery.requested_at)
    return Place(hour, hour + REACH + timedelta(hours=1))


def homes_of(places: Iterable[Place]) -> list[datetime]:
    """Of the places that a key was delivered at, those that keep a request.

    A place keeps the key if no earlier one within 7 days reaches as far. A name that comes back later than that is another request.
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
    """The requests of one key: every home is one, made of the deliveries from there to the next, and to 7 days on at the most."""
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
    """The latest landed hour wins, then file, then line; what it does not report is taken from the one before, and so on.

    A read of a purchase comes before all that made it. When the call began and ended is told by one delivery: the latest at home
    that knows how long it took, else the latest at home.
    """

    def landing(part: Log) -> tuple[datetime, str, int]:
        return part.landed_hour, part.landing_file, part.landing_line

    latest = sorted(parts, key=lambda part: (part.operation != "retrieval", *landing(part)), reverse=True)
    values: dict[str, Any] = {column: _first(latest, column) for column in LOG_COLUMNS}
    at_home = [part for part in latest if place_of(part).begin == home]
    times = next((part for part in at_home if part.latency_ms is not None), at_home[0])
    values |= {column: getattr(times, column) for column in ("requested_at", "completed_at", "latency_ms", "ttft_ms")}
    values |= _end(latest)
    values["first_requested_at"] = min(parts, key=landing).requested_at
    values["operation"] = _operation(latest)
    values["is_answer_withheld"] = any(part.is_answer_withheld for part in latest)
    values["cost_basis"] = _basis(latest)
    values["cost_usd"], cost_source = _cost(values, prices.get(values["model"], []))
    return Request(**values, cost_source=cost_source)


def _end(latest: list[Log]) -> dict[str, Any]:
    """How the purchase went.

    A read's status, error and cancellation are its own, and tell of the purchase only where nothing but reads is known. Why the
    answer ended is told by a read that went well where the purchase itself knows of no ending.
    """
    purchases = [part for part in latest if part.operation != "retrieval"] or latest
    values = {
        column: _first(purchases, column) for column in ("cancelled", "status_code", "error_code", "error_origin")
    }
    ended = [
        part
        for part in latest
        if part.operation == "retrieval" and part.finish_reason not in (None, NOT_KNOWN) and not _went_wrong(part)
    ]
    is_open = purchases is not latest and _first(purchases, "finish_reason") in (None, NOT_KNOWN)
    telling = ended if is_open and ended else purchases
    return values | {column: _first(telling, column) for column in ("finish_reason", "native_finish_reason")}


def _went_wrong(read: Log) -> bool:
    status = status_of(read)
    return (status is not None and status >= 400) or read.error_origin is not None or bool(read.cancelled)


def _operation(latest: list[Log]) -> str:
    """What was bought.

    The purchase that the latest delivery names in a word of its own; else a read of a purchase that one names so; else whatever
    the latest says that knows it.
    """
    known = [part for part in latest if part.operation != NOT_KNOWN]
    named = [part for part in known if part.native_operation is not None]
    purchases = [part for part in named if part.operation not in NO_PURCHASES]
    return next((part.operation for parts in (purchases, named, known) for part in parts), NOT_KNOWN)


def _first(latest: list[Log], column: str) -> Any:
    return next((value for part in latest if (value := getattr(part, column)) is not None), None)


def _basis(latest: list[Log]) -> str | None:
    """Where the cost comes from that counts; without one, whether any delivery says that it could not be priced."""
    told = [part.cost_basis for part in latest if part.cost_usd is not None]
    if told:
        return told[0]
    return NOT_PRICED if any(part.cost_basis == NOT_PRICED for part in latest) else None


def _cost(values: dict[str, Any], prices: list[Price]) -> tuple[Decimal | None, str]:
    """What was billed, and how that is known.

    A read of what was bought before costs nothing more. Else as the log says, in the field for it or in its breakdown; else nothing where the cache answered; else by the price list of
    the time; else unknown.
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
    """Input and output, of which what was read from or written to a cache has prices of its own.

    What is not said to be written was not. Other tokens that are unknown, or that do not add up, have no cost, and a million
    dollars is none: no log may say that either.
    """
    given, read, answered = values["input_tokens"], values["cached_tokens"], values["output_tokens"]
    written, for_an_hour = values["cache_write_tokens"] or 0, values["cache_write_1h_tokens"] or 0
    if given is None or answered is None or read is None:
        return None
    priced = [
        (price.input_price_usd, given - read - written),
        (price.cached_price_usd, read),
        (price.cache_write_price_usd, written - for_an_hour),
        (price.cache_write_1h_price_usd, for_an_hour),
        (price.output_price_usd, answered),
    ]
    if any(tokens < 0 for _, tokens in priced):
        return None
    cost = rounded(sum((tokens * Fraction(usd) for usd, tokens in priced), Fraction(0)))
    return cost if cost < FIRST_IMPOSSIBLE_COST else None


def superseded_by_hour(deliveries: list[Log], requests: list[Request]) -> dict[datetime, int]:
    """Of one key: how many deliveries of each hour are not the one row that stands for a request there."""
    counts: dict[datetime, int] = defaultdict(int)
    for delivery in deliveries:
        counts[hour_of(delivery.requested_at)] += 1
    for request in requests:
        counts[request.hour] -= 1
    return dict(counts)
