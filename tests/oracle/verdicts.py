"""Turns the verdicts on a request into detected values of signals, by the policy's ranking of detectors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from oracle.records import Detector, Verdict

SCORE = "assessment_score"
ASSESSED = ("empty_completion", "invalid_json", "repetition_loop", "truncated", SCORE)
PERSON = "human"
ANY_OTHER = "*"


def current(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """The verdict of each detector that counts: the latest and, among several of the same time, the one that landed last."""
    latest: dict[str, Verdict] = {}
    for verdict in sorted(verdicts, key=_recency):
        latest[verdict.detector] = verdict
    return latest


def _recency(verdict: Verdict) -> tuple[datetime, datetime, str, int]:
    return verdict.assessed_at, verdict.landed_hour, verdict.landing_file, verdict.landing_line


def detected_values(
    verdicts: Iterable[Verdict], detectors: list[Detector], moment: datetime
) -> dict[str, Decimal | None]:
    """The detected value of each signal that detectors can judge, or None if no verdict counts for it."""
    named = {detector.detector for detector in detectors}
    detected: dict[str, Decimal | None] = dict.fromkeys(ASSESSED)
    ranks: dict[str, int] = {}
    for name, verdict in current(verdicts).items():
        policy_name = name if name in named else ANY_OTHER
        for detector in detectors:
            applies = detector.detector == policy_name and detector.holds(moment)
            value = _value(verdict, detector) if applies else None
            if value is None:
                continue
            rank, best_value = ranks.get(detector.signal), detected[detector.signal]
            if rank is None or best_value is None or detector.rank < rank:
                ranks[detector.signal], detected[detector.signal] = detector.rank, value
            elif detector.rank == rank:
                detected[detector.signal] = max(best_value, value)
    return detected


def _value(verdict: Verdict, detector: Detector) -> Decimal | None:
    """The value that a verdict gives to a signal: a score, or 1 for a flag. A satisfactory answer gives 0.

    The value is None for an inconclusive verdict, for an unsatisfactory one from a detector that can only refuse, and for a score
    signal without a score. A person who gives no score counts as certain.
    """
    if verdict.verdict == "satisfactory":
        return Decimal(0)
    if verdict.verdict == "inconclusive" or not detector.can_grant:
        return None
    if detector.signal != SCORE or (verdict.score is None and verdict.detector == PERSON):
        return Decimal(1)
    return verdict.score
