"""One challenge: a seed's policy and log with the reference's answer, and how the models fare."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.building import OracleHome
from oracle.chances import Chances
from oracle.comparing import Difference, differences, told
from oracle.logs import a_log, some_verdicts
from oracle.policies import a_policy
from oracle.records import Log, Policy, Verdict
from oracle.reference import Answer, answer

SHOWN = 5


@dataclass(frozen=True)
class Challenge:
    """What is put before the models, and what they should say."""

    seed: int
    policy: Policy
    deliveries: list[Log]
    verdicts: list[Verdict]
    expected: Answer

    def put_to(self, home: OracleHome) -> list[Difference]:
        """Have the models derive it, and find every row that differs."""
        home.derive(self.deliveries, self.verdicts, self.policy)
        return differences(self.expected, home)

    def report(self, found: list[Difference]) -> str:
        """How many rows differed, and the first few of them with both answers."""
        judged = len(self.expected.requests)
        head = f"seed {self.seed}: {judged:,} requests, {len(found):,} rows differ"
        return "\n".join([head, *(self._told(difference) for difference in found[:SHOWN])])

    def _told(self, difference: Difference) -> str:
        return told(difference, self.deliveries, self.verdicts, self.policy)


def a_challenge(seed: int, requests: int) -> Challenge:
    """A policy and a log of so many request ids, the same ones for the same seed."""
    chances = Chances(seed)
    policy = a_policy(chances)
    deliveries = list(a_log(chances, policy, requests))
    verdicts = list(some_verdicts(chances, deliveries))
    return Challenge(seed, policy, deliveries, verdicts, answer(deliveries, verdicts, policy))
