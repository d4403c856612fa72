"""Sign-in sessions and the delays after wrong tokens.

A session has a random id, lasts for hours and is kept in this process's memory only. The settings are read when the process starts, so
changing the token needs a restart, which ends all sessions.
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
"""Number of wrong tokens without a delay: for one client, and for all clients together."""
LONGEST_WAIT_S, LONGEST_WAIT_FOR_OTHERS_S = 60, 5
"""The longest delay that a client gets for its own wrong tokens, and for those of other clients."""
LONGEST_NAME = 100
FORGOTTEN_AFTER_S = 15 * 60
MOST_KEPT = 10_000
"""Maximum number of sessions, and of clients, that are remembered; the oldest are dropped first."""


@dataclass
class Wrongs:
    """Recent wrong tokens: how many, and when the last one was sent."""

    count: int = 0
    last_s: float = -math.inf

    def add(self, now_s: float) -> None:
        """Count another wrong token."""
        self.count = 1 if self.is_forgotten(now_s) else self.count + 1
        self.last_s = now_s

    def wait_s(self, now_s: float, free: int, longest_s: int) -> int:
        """Whole seconds until the next attempt: 1 after the last free one, then doubled each time, up to `longest_s`."""
        if self.is_forgotten(now_s) or self.count < free:
            return 0
        wait_s = min(longest_s, 1 << min(self.count - free, longest_s.bit_length()))
        return max(0, math.ceil(self.last_s + wait_s - now_s))

    def is_forgotten(self, now_s: float) -> bool:
        """Whether the last wrong token was long enough ago to be ignored."""
        return now_s - self.last_s >= FORGOTTEN_AFTER_S


class SignIns:
    """The sessions of visitors with the right token, and the wrong tokens that were sent."""

    def __init__(self, token: str, clock: Callable[[], float]) -> None:
        """`clock` returns monotonic seconds."""
        self._token, self._clock = _digest(token), clock
        self._ends_s: dict[bytes, float] = {}
        self._wrongs: dict[str, Wrongs] = {}
        self._wrongs_in_all = Wrongs()
        self._known: dict[str, None] = {}

    def is_right(self, client: str, token: str) -> bool:
        """Whether the token is right. A wrong token is counted against the client, a right one resets its count."""
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
        """Whole seconds until the client may try again; 0 means now.

        A client that has sent the right token before is delayed by its own wrong tokens only, so that attackers cannot lock it out.
        """
        now_s, network = self._clock(), _network(client)
        of_all = 0
        if network not in self._known:
            of_all = self._wrongs_in_all.wait_s(now_s, FREE_TRIES_IN_ALL, LONGEST_WAIT_FOR_OTHERS_S)
        return max(of_all, self._wrongs.get(network, Wrongs()).wait_s(now_s, FREE_TRIES, LONGEST_WAIT_S))

    def begin(self) -> str:
        """Start a session and return its id, which the visitor sends from now on."""
        now_s = self._clock()
        self._ends_s = {kept: end_s for kept, end_s in self._ends_s.items() if end_s > now_s}
        shown = token_urlsafe(32)
        _keep(self._ends_s, _digest(shown), now_s + LASTS_S)
        return shown

    def holds(self, shown: str) -> bool:
        """Whether the id belongs to a session that has not expired. The lookup is by digest, so its timing tells nothing about a guess."""
        return self._ends_s.get(_digest(shown), -math.inf) > self._clock()


def _keep(remembered: dict[Key, Kept], key: Key, value: Kept) -> None:
    remembered.pop(key, None)
    remembered[key] = value
    if len(remembered) > MOST_KEPT:
        remembered.pop(next(iter(remembered)))


def _digest(text: str) -> bytes:
    return sha256(text.encode(errors="surrogatepass")).digest()


def _network(client: str) -> str:
    """The network that counts as one client: an IPv4 address, or the /64 of an IPv6 address, because one user usually has a whole /64."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client[:LONGEST_NAME]
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or int(address) >> 64)
    return str(address)
