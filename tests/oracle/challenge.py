"""One challenge: a seed's policy and log, judged by the models and by the reference."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice

from oracle.building import OracleHome
from oracle.chances import Chances
from oracle.comparing import differences, told
from oracle.logs import a_log
from oracle.policies import a_policy
from oracle.reference import answer

SHOWN = 5


@dataclass
class Outcome:
    """How many requests were judged, how many rows differed, and the first of those in words."""

    seed: int
    requests: int
    differing: int
    reasons: set[str]
    shown: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}: {self.differing} rows differ of {self.requests} requests", *self.shown])


def challenge(seed: int, requests: int, home: OracleHome) -> Outcome:
    """Generate, derive, judge, compare; `requests` is how many ids the log has."""
    chances = Chances(seed)
    policy = a_policy(chances)
    deliveries = list(a_log(chances, policy, requests))
    home.derive(deliveries, policy)
    expected = answer(deliveries, policy)
    found = differences(expected, home)
    return Outcome(
        seed,
        len(expected.requests),
        len(found),
        {row["reason_code"] for row in expected.requests},
        [told(difference, deliveries, policy) for difference in islice(found, SHOWN)],
    )
