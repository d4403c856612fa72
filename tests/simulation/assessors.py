"""Who assesses answers in a simulated life: a judge whose verdicts come days late, and a person who refuses or grants by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from oracle.records import Verdict
from running_gateway import verdict

from simulation.events import Events
from simulation.gateway_life import HOUR, MERGE_REACH, GatewayLife, landed_hour

FEED = "judge"


class Assessors:
    """Verdicts on the requests of a gateway's life, written into its landing area."""

    def __init__(self, life: GatewayLife, random: Random, events: Events) -> None:
        self.life, self.random, self.events = life, random, events

    def assess(self, day: datetime) -> None:
        """Verdicts of a day on requests of the days before it. Ids that stand for several requests are let be."""
        requested_at = {
            request_id: min(moments)
            for request_id, moments in self.life.requests().items()
            if max(moments) - min(moments) < MERGE_REACH and min(moments) < day - HOUR
        }
        for request_id in self.random.sample(sorted(requested_at), min(5, len(requested_at))):
            self.life.assessed.add(request_id)
            at = day + timedelta(seconds=self.random.randrange(86_400))
            hint = self.random.choice((requested_at[request_id], requested_at[request_id] + 3 * HOUR, None))
            fields = {"requested_at": hint and hint.isoformat(timespec="milliseconds") + "Z", **self._draw_fields()}
            self.life.write(at.replace(minute=0, second=0), verdict(request_id, at, **fields), feed=FEED)

    def verdicts(self) -> Iterator[Verdict]:
        """Every verdict that was landed, as the reference reads it."""
        for row, name, line in self.life.landed_rows(FEED):
            yield Verdict(
                source=row["source"],
                request_id=row["request_id"],
                detector=row["detector"],
                detector_version=None,
                verdict=row["verdict"],
                score=Decimal(str(row["score"])) if "score" in row else None,
                category=None,
                evidence=None,
                assessed_at=datetime.fromisoformat(row["assessed_at"]).replace(tzinfo=None),
                landed_hour=landed_hour(name),
                landing_file=f"landing/{name}",
                landing_line=line,
            )

    def _draw_fields(self) -> dict[str, Any]:
        """The fields of a verdict by a person or by the judge."""
        choice = self.random.randrange(3)
        if choice == 0:
            self.events.count("a person refuses")
            return {"detector": "human", "verdict": "satisfactory", "score": None}
        if choice == 1:
            self.events.count("a person grants")
            return {"detector": "human", "score": None}
        self.events.count("a late verdict")
        return {
            "score": self.random.choice((0.95, 0.9, 0.89)),
            "verdict": self.random.choice(("unsatisfactory", "satisfactory")),
        }
