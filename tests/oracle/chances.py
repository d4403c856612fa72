"""Adversarial values of one kind at a time: beside a threshold, on a tie of the rounding, at the ends of an interval, not there at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Context, Decimal
from math import gcd
from random import Random
from typing import TypeVar

T = TypeVar("T")

UNIT = Decimal("1e-12")
EXACT = Context(prec=60)
MOST_COST = Decimal("999999.999999999999")
MOST_TOKENS = 100_000_000
MOST_MS = 30 * 24 * 3600 * 1000
MILLISECOND = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)


class Chances:
    """A seeded source of values that are likely to be wrong in somebody's SQL."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def hit(self, probability: float) -> bool:
        """True so often."""
        return self.random.random() < probability

    def one(self, values: Sequence[T]) -> T:
        """One of these."""
        return values[int(self.random.random() * len(values))]

    def maybe(self, value: T, probability: float) -> T | None:
        """The value so often, else nothing."""
        return value if self.random.random() < probability else None

    def near(self, value: int, least: int = 0, most: int = MOST_TOKENS) -> int:
        """The number, or one of its neighbours, within what a log may say."""
        return min(max(value + self.one((-1, 0, 0, 1)), least), most)

    def size(self, most: int) -> int:
        """A whole number of any magnitude."""
        return min(int(10 ** (self.random.random() * 9)) - 1, most)

    def moment(self, first: datetime, last: datetime) -> datetime:
        """A time in between, whole milliseconds."""
        return first + MILLISECOND * int(self.random.random() * ((last - first) / MILLISECOND))

    def beside(self, moment: datetime) -> datetime:
        """The time itself, or just before or after it."""
        return moment + self.one((-SECOND, -MILLISECOND, 0 * SECOND, 0 * SECOND, MILLISECOND, SECOND))

    def amount(self) -> Decimal:
        """A cost of any magnitude with all 12 digits, or an odd one out."""
        odd = (Decimal(0), UNIT, 2 * UNIT, 5 * UNIT, 10 * UNIT, Decimal(1), Decimal("0.2"), Decimal(40), MOST_COST)
        if self.hit(0.25):
            return self.one(odd)
        return self.units(int(10 ** (self.random.random() * 15)))

    @staticmethod
    def units(count: int) -> Decimal:
        """So many units of the 12th place."""
        return min(max(EXACT.multiply(Decimal(count), UNIT), Decimal(0)), MOST_COST)

    def tie(self, rate: Decimal) -> Decimal:
        """A cost whose product with the rate lies halfway between two neighbours of the 12th place, if the rate has any such."""
        tenthousandths = int(rate * 10000)
        shared = gcd(tenthousandths, 10000)
        if tenthousandths == 0 or 5000 % shared:
            return self.amount()
        step = 10000 // shared
        first = (5000 // shared) * pow(tenthousandths // shared, -1, step) % step
        return self.units(first + step * int(10 ** (self.random.random() * 10)))

    def reaching(self, cap: Decimal, rate: Decimal) -> Decimal:
        """A cost whose share is about the cap: a unit below, exactly, or a unit above."""
        if rate == 0:
            return self.amount()
        cost = EXACT.divide(cap, rate).quantize(UNIT, rounding=ROUND_DOWN, context=EXACT)
        return self.units(int(cost / UNIT) + self.one((-1, 0, 1)))
