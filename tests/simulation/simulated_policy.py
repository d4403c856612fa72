"""The simulated policy: a few rules, opt-outs and caps that a simulated life changes, in memory and as the project's seeds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random

from oracle.policies import COMMON_FAULTS, write_seeds
from oracle.records import CompensationType, Coverage, Detector, Policy, Rule
from oracle.verdicts import ASSESSED, PERSON, SCORE

SINCE = datetime(2020, 1, 1)
TYPES = [
    CompensationType("service_failure", "Service Failure", 1),
    CompensationType("unsatisfactory_content", "Unsatisfactory Content", 2),
    CompensationType("high_latency", "High Latency", 3),
]

DETECTORS = [
    *(Detector(SINCE, None, PERSON, signal, 1, signal == SCORE) for signal in ASSESSED),
    Detector(SINCE, None, "*", SCORE, 3, True),
]
"""A person grants through the score alone, refuses every content signal, and outranks the judge."""


def _rule(rule_id: str, kind: str, signal: str, threshold: str, rate: str, cap: str | None = None) -> Rule:
    return Rule(
        SINCE, None, "1", rule_id, kind, signal, ">=", Decimal(threshold), "*", None, None, Decimal(rate),
        Decimal(cap) if cap else None,
    )  # fmt: skip


@dataclass
class SimulatedPolicy:
    """The policy as it is now; every change is written to the seeds at once."""

    seeds: Path
    random: Random
    policy: Policy = field(
        default_factory=lambda: Policy(
            TYPES,
            [
                _rule("SF-1", "service_failure", "upstream_failed", "1", "1"),
                _rule("UC-1", "unsatisfactory_content", "empty_completion", "1", "1", "0.2"),
                _rule("UC-5", "unsatisfactory_content", "assessment_score", "0.9", "0.5", "0.1"),
                _rule("HL-5", "high_latency", "latency_ms", "600000", "0.5"),
            ],
            detectors=DETECTORS,
            faults=COMMON_FAULTS,
        )
    )
    caps: list[tuple[str, str, str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._write()

    def change_rate(self) -> None:
        """A rule pays another part of the cost, and always should have."""
        number = self.random.randrange(len(self.policy.rules))
        rates = {Decimal(rate) for rate in ("0.25", "0.5", "0.75", "1")} - {self.policy.rules[number].payout_rate}
        rules = [*self.policy.rules]
        rules[number] = replace(rules[number], payout_rate=self.random.choice(sorted(rates)))
        self.policy = replace(self.policy, rules=rules)
        self._write()

    def opt_account_out(self) -> None:
        """An account was never covered from some day on."""
        since = datetime(2025, 3, self.random.randrange(29, 32))
        account = self.random.choice(("globex", "initech"))
        self.policy = replace(self.policy, coverage=[Coverage(since, None, account, False)])
        self._write()

    def change_caps(self) -> None:
        """Other caps, or none."""
        self.caps = self.random.choice(
            (
                [],
                [("account_day", "0.25", "2020-01-01 00:00:00", None)],
                [("account_month", "0.5", "2020-01-01 00:00:00", None)],
                [
                    ("account_day", "0.4", "2020-01-01 00:00:00", None),
                    ("account_month", "0.7", "2025-04-01 00:00:00", None),
                ],
            )
        )
        self._write()

    def _write(self) -> None:
        write_seeds(self.policy, self.seeds)
        rows = "".join(f"{scope},{cap},{start},{end or ''}\n" for scope, cap, start, end in self.caps)
        (self.seeds / "compensation_caps.csv").write_text("scope,cap_usd,effective_from,effective_to\n" + rows)
