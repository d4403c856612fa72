"""One challenge: the policy and log of a seed, the reference's decisions, and how the models' decisions differ from them."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.building import OracleHome
from oracle.chances import Chances
from oracle.comparing import Difference, describe, differences
from oracle.logs import generate_log, generate_verdicts
from oracle.policies import generate_policy
from oracle.records import Log, Policy, Verdict
from oracle.reference import Answer, answer

SHOWN_DIFFERENCES = 5


@dataclass(frozen=True)
class Challenge:
    """The input of the models, and the rows that they should derive from it."""

    seed: int
    policy: Policy
    deliveries: list[Log]
    verdicts: list[Verdict]
    expected: Answer

    def run_on(self, home: OracleHome) -> list[Difference]:
        """Derive the log with the models, and return every row that differs."""
        home.derive(self.deliveries, self.verdicts, self.policy)
        return differences(self.expected, home)

    def report(self, found: list[Difference]) -> str:
        """A text that says how many rows differ, and shows the first few of them with both values."""
        request_count = len(self.expected.requests)
        summary = f"seed {self.seed}: {request_count:,} requests, {len(found):,} rows differ"
        return "\n".join(
            [summary, *(self._described_difference(difference) for difference in found[:SHOWN_DIFFERENCES])]
        )

    def _described_difference(self, difference: Difference) -> str:
        return describe(difference, self.deliveries, self.verdicts, self.policy)


def make_challenge(seed: int, requests: int) -> Challenge:
    """A policy and a log with the given number of request ids. The same seed always gives the same ones."""
    chances = Chances(seed)
    policy = generate_policy(chances)
    deliveries = list(generate_log(chances, policy, requests))
    verdicts = list(generate_verdicts(chances, deliveries))
    return Challenge(seed, policy, deliveries, verdicts, answer(deliveries, verdicts, policy))
