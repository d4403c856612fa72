"""What may happen in a simulated life, by name, and which of it did happen. How it happens is told elsewhere."""

from __future__ import annotations

from random import Random
from typing import Generic, TypeVar

Card = TypeVar("Card")

EVENTS = (
    "a retry",
    "a late request",
    "a late file",
    "a delivery that changes what was said",
    "a delivery that moves the hour",
    "an id used again days later",
    "a changed file",
    "a late verdict",
    "a person refuses",
    "a person grants",
    "a rate changed in the past",
    "an account opts out in the past",
    "other caps",
    "a cap hit, then a withdrawal",
    "a hold",
    "a hold lifted",
    "a rerun",
    "a backfill in any order",
    "a killed run",
    "a killed settlement",
    "a settlement",
    "a settlement again",
    "a rollback",
    "a rebuild",
)


class Events:
    """How often each event happened."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(EVENTS, 0)

    def count(self, event: str) -> None:
        """Count an event. Raises KeyError if it is not in EVENTS."""
        self.counts[event] += 1

    def missing(self) -> list[str]:
        """The events that did not happen."""
        return [event for event, count in self.counts.items() if not count]


class Deck(Generic[Card]):
    """Draws its cards in a random order, each once before any comes again."""

    def __init__(self, random: Random, cards: tuple[Card, ...]) -> None:
        self.random, self.cards = random, cards
        self.left: list[Card] = []

    def draw(self) -> Card:
        """The next card."""
        if not self.left:
            self.left = self.random.sample(self.cards, len(self.cards))
        return self.left.pop()
