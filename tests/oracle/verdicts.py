"""What detectors say of an answer, by the policy's word on whose verdict counts for which signal."""

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
    """Of each detector the verdict that counts: the latest, and of those given at one moment the one that landed last."""
    counting: dict[str, Verdict] = {}
    for verdict in sorted(verdicts, key=_when):
        counting[verdict.detector] = verdict
    return counting


def _when(verdict: Verdict) -> tuple[datetime, datetime, str, int]:
    return verdict.assessed_at, verdict.landed_hour, verdict.landing_file, verdict.landing_line


def said_of(verdicts: Iterable[Verdict], detectors: list[Detector], moment: datetime) -> dict[str, Decimal | None]:
    """What is said of each signal that detectors may speak for; None where nobody does."""
    named = {detector.detector for detector in detectors}
    said: dict[str, Decimal | None] = dict.fromkeys(ASSESSED)
    ranks: dict[str, int] = {}
    for name, verdict in current(verdicts).items():
        speaker = name if name in named else ANY_OTHER
        for detector in detectors:
            spoken = detector.detector == speaker and detector.holds(moment)
            value = _value(verdict, detector) if spoken else None
            if value is None:
                continue
            rank, so_far = ranks.get(detector.signal), said[detector.signal]
            if rank is None or so_far is None or detector.rank < rank:
                ranks[detector.signal], said[detector.signal] = detector.rank, value
            elif detector.rank == rank:
                said[detector.signal] = max(so_far, value)
    return said


def _value(verdict: Verdict, detector: Detector) -> Decimal | None:
    """What a verdict says of a detector's signal: how sure it is that the answer is bad, or yes or no; a good answer says 0.

    An inconclusive verdict says nothing, nor does a bad one of a detector that may only refuse, nor one that does not tell how
    sure it is; but a person who gives no score is sure.
    """
    if verdict.verdict == "satisfactory":
        return Decimal(0)
    if verdict.verdict == "inconclusive" or not detector.can_grant:
        return None
    if detector.signal != SCORE or (verdict.score is None and verdict.detector == PERSON):
        return Decimal(1)
    return verdict.score
