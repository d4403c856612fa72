"""Random values at edge cases: next to a threshold, on a rounding tie, at the ends of an interval, or missing."""

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
    """A seeded source of random values that are likely to expose mistakes in SQL."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def hit(self, probability: float) -> bool:
        """True with this probability."""
        return self.random.random() < probability

    def one(self, values: Sequence[T]) -> T:
        """One of the values, each with the same probability."""
        return values[int(self.random.random() * len(values))]

    def maybe(self, value: T, probability: float) -> T | None:
        """The value with this probability, otherwise None."""
        return value if self.random.random() < probability else None

    def near(self, value: int, least: int = 0, most: int = MOST_TOKENS) -> int:
        """The number or one of its neighbours, kept within the limits that a log may contain."""
        return min(max(value + self.one((-1, 0, 0, 1)), least), most)

    def size(self, most: int) -> int:
        """A whole number of a random order of magnitude."""
        return min(int(10 ** (self.random.random() * 9)) - 1, most)

    def moment(self, first: datetime, last: datetime) -> datetime:
        """A time between both, in whole milliseconds."""
        return first + MILLISECOND * int(self.random.random() * ((last - first) / MILLISECOND))

    def beside(self, moment: datetime) -> datetime:
        """The time itself, or a second or a millisecond before or after it."""
        return moment + self.one((-SECOND, -MILLISECOND, 0 * SECOND, 0 * SECOND, MILLISECOND, SECOND))

    def amount(self) -> Decimal:
        """A cost of a random order of magnitude with all 12 decimals, or a special value such as 0."""
        special = (Decimal(0), UNIT, 2 * UNIT, 5 * UNIT, 10 * UNIT, Decimal(1), Decimal("0.2"), Decimal(40), MOST_COST)
        if self.hit(0.25):
            return self.one(special)
        return self.units(int(10 ** (self.random.random() * 15)))

    @staticmethod
    def units(count: int) -> Decimal:
        """A cost of the given number of units of the 12th decimal place."""
        return min(max(EXACT.multiply(Decimal(count), UNIT), Decimal(0)), MOST_COST)

    def tie(self, rate: Decimal) -> Decimal:
        """A cost whose product with the rate lies exactly halfway between two amounts with 12 decimals, if the rate allows one."""
        basis_points = int(rate * 10000)
        shared = gcd(basis_points, 10000)
        if basis_points == 0 or 5000 % shared:
            return self.amount()
        step = 10000 // shared
        first = (5000 // shared) * pow(basis_points // shared, -1, step) % step
        return self.units(first + step * int(10 ** (self.random.random() * 10)))

    def reaching(self, cap: Decimal, rate: Decimal) -> Decimal:
        """A cost whose share at this rate is the cap, or a unit below or above it."""
        if rate == 0:
            return self.amount()
        cost = EXACT.divide(cap, rate).quantize(UNIT, rounding=ROUND_DOWN, context=EXACT)
        return self.units(int(cost / UNIT) + self.one((-1, 0, 1)))
