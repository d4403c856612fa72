"""Sign-ins by a token: each is random, lasts for hours and lives in this process alone; wrong tokens make the next tries wait.

A sign-in ends with the process, so it ends when the token is changed: the settings are read at the start.
"""

import hmac
import math
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from secrets import token_urlsafe
from typing import TypeVar

Key = TypeVar("Key")
Kept = TypeVar("Kept")

LASTS_S = 12 * 3_600
FREE_TRIES, FREE_TRIES_IN_ALL = 5, 50
"""How many wrong tokens cost no time: of one client, and of all together."""
LONGEST_WAIT_S, LONGEST_WAIT_FOR_OTHERS_S = 60, 5
"""A client waits longest for wrong tokens of its own, and shorter for those of others."""
LONGEST_NAME = 100
FORGOTTEN_AFTER_S = 15 * 60
MOST_KEPT = 10_000
"""How many sign-ins, and how many clients, are remembered; the oldest are forgotten first."""


@dataclass
class Wrongs:
    """The wrong tokens that came of late: how many, and when the last one came."""

    count: int = 0
    last_s: float = -math.inf

    def add(self, now_s: float) -> None:
        """Another one."""
        self.count = 1 if self.is_forgotten(now_s) else self.count + 1
        self.last_s = now_s

    def wait_s(self, now_s: float, free: int, longest_s: int) -> int:
        """Whole seconds until the next try: 1 after the last free one, then twice as long each time, up to the longest."""
        if self.is_forgotten(now_s) or self.count < free:
            return 0
        wait_s = min(longest_s, 1 << min(self.count - free, longest_s.bit_length()))
        return max(0, math.ceil(self.last_s + wait_s - now_s))

    def is_forgotten(self, now_s: float) -> bool:
        """Whether the last one came long ago."""
        return now_s - self.last_s >= FORGOTTEN_AFTER_S


class SignIns:
    """Who showed the right token, and who showed wrong ones."""

    def __init__(self, token: str, clock: Callable[[], float]) -> None:
        """`clock` tells seconds that never go back."""
        self._token, self._clock = _digest(token), clock
        self._ends_s: dict[bytes, float] = {}
        self._wrongs: dict[str, Wrongs] = {}
        self._wrongs_in_all = Wrongs()
        self._known: dict[str, None] = {}

    def is_right(self, client: str, token: str) -> bool:
        """Whether the token is right. A wrong one counts against the client; a right one clears what counted."""
        network = _network(client)
        if hmac.compare_digest(_digest(token), self._token):
            self._wrongs.pop(network, None)
            _keep(self._known, network, None)
            return True
        now_s, wrongs = self._clock(), self._wrongs.pop(network, Wrongs())
        wrongs.add(now_s)
        self._wrongs_in_all.add(now_s)
        _keep(self._wrongs, network, wrongs)
        return False

    def wait_s(self, client: str) -> int:
        """Whole seconds until the client may try again; 0 is now.

        A client that has shown the right token waits for its own wrong ones alone: those who guess do not keep it out.
        """
        now_s, network = self._clock(), _network(client)
        of_all = 0
        if network not in self._known:
            of_all = self._wrongs_in_all.wait_s(now_s, FREE_TRIES_IN_ALL, LONGEST_WAIT_FOR_OTHERS_S)
        return max(of_all, self._wrongs.get(network, Wrongs()).wait_s(now_s, FREE_TRIES, LONGEST_WAIT_S))

    def begin(self) -> str:
        """A new sign-in: what its visitor shows from now on."""
        now_s = self._clock()
        self._ends_s = {kept: end_s for kept, end_s in self._ends_s.items() if end_s > now_s}
        shown = token_urlsafe(32)
        _keep(self._ends_s, _digest(shown), now_s + LASTS_S)
        return shown

    def holds(self, shown: str) -> bool:
        """Whether this is of a sign-in that lasts. It is found by its digest, so no comparison tells how near a guess is."""
        return self._ends_s.get(_digest(shown), -math.inf) > self._clock()


def _keep(remembered: dict[Key, Kept], key: Key, value: Kept) -> None:
    remembered.pop(key, None)
    remembered[key] = value
    if len(remembered) > MOST_KEPT:
        remembered.pop(next(iter(remembered)))


def _digest(text: str) -> bytes:
    return sha256(text.encode(errors="surrogatepass")).digest()


def _network(client: str) -> str:
    """Who counts as one client: an address, or the /64 that one holder of IPv6 addresses has."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client[:LONGEST_NAME]
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or int(address) >> 64)
    return str(address)
