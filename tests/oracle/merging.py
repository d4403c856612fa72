"""From deliveries to requests: which hour keeps a key, what the deliveries add up to, and what is worked out of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any

from oracle.records import LOG_COLUMNS, Key, Log, Price

REACH = timedelta(days=7)
MONEY = Decimal("1e-12")
WIDE = Context(prec=80)
UNKNOWN = "unknown"
NOT_KNOWN = "other"
NO_PURCHASES = ("retrieval", "health_check")
FIRST_IMPOSSIBLE_COST = 10**6


@dataclass(frozen=True, slots=True)
class Request(Log):
    """One request as all of its deliveries together tell it, with its cost settled."""

    cost_source: str

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


def home_hours(hours: Iterable[datetime]) -> list[datetime]:
    """Of the hours that a key was delivered with, those that keep a request.

    An hour keeps the key if the key has no earlier hour within 7 days before it. An id that comes back later than that is another
    request.
    """
    ordered = sorted(set(hours))
    return [hour for place, hour in enumerate(ordered) if place == 0 or hour - ordered[place - 1] > REACH]


def requests_of(deliveries: list[Log], prices: dict[str, list[Price]]) -> list[Request]:
    """The requests of one key: every home hour is one, made of all deliveries from there to 7 days on."""
    hours = [hour_of(delivery.requested_at) for delivery in deliveries]
    found = []
    for home in home_hours(hours):
        parts = [part for part, hour in zip(deliveries, hours, strict=True) if home <= hour <= home + REACH]
        found.append(_merged(home, parts, prices))
    return found


def _merged(home: datetime, parts: list[Log], prices: dict[str, list[Price]]) -> Request:
    """The latest landed hour wins, then file, then line; what it does not report is taken from the one before, and so on.

    The request starts when the latest delivery of its home hour says. An account that is unknown is one that was not reported.
    """
    latest = sorted(parts, key=lambda part: (part.landed_hour, part.landing_file, part.landing_line), reverse=True)
    values: dict[str, Any] = {column: _first(latest, column) for column in LOG_COLUMNS}
    values["account_id"] = next((part.account_id for part in latest if part.account_id != UNKNOWN), UNKNOWN)
    values["operation"] = _operation(latest)
    values["is_answer_withheld"] = any(part.is_answer_withheld for part in latest)
    values["cost_basis"] = next((part.cost_basis for part in latest if part.cost_usd is not None), None)
    values["requested_at"] = next(part.requested_at for part in latest if hour_of(part.requested_at) == home)
    values["cost_usd"], cost_source = _cost(values, prices.get(values["model"], []))
    return Request(**values, cost_source=cost_source)


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


def _cost(values: dict[str, Any], prices: list[Price]) -> tuple[Decimal | None, str]:
    """What was billed, and how that is known.

    As the log says, in the field for it or in its breakdown; else nothing where the cache answered; else by the price list of
    the time; else unknown.
    """
    if values["cost_usd"] is not None:
        return values["cost_usd"], "breakdown" if values["cost_basis"] == "breakdown" else "reported"
    if values["cache_hit"]:
        return rounded(Decimal(0)), "priced"
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
