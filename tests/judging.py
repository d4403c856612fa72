"""A home into which tests land a gateway's logs and a judge's verdicts, hour by hour as runs do, and good lines of both."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from landing_place import ALWAYS, HOUR, Place, at, line

from makegood.derivation import window
from makegood.derivation.window import Window
from makegood.ingestion.finding import find_files
from makegood.ingestion.inventory_records import LandedFile
from makegood.ingestion.landing import land
from makegood.ingestion.sources import ASSESSMENTS, Source
from makegood.policy.digests import PolicyDigests
from makegood.policy.signals import baseline_terms
from makegood.verdicts.placing import place, unaccounted

POLICY = PolicyDigests((at("0001-01-01"),), ("policy",), baseline_terms())
VERDICT: dict[str, Any] = {
    "source": "gateway",
    "request_id": "r1",
    "requested_at": "2026-11-01T05:10:00Z",
    "detector": "judge",
    "detector_version": "2",
    "verdict": "unsatisfactory",
    "score": 0.95,
    "category": "off topic",
    "evidence": {"rubric": 3},
    "assessed_at": "2026-11-01T05:50:00Z",
}


def verdict(**changes: Any) -> bytes:
    """The line of a valid verdict with these fields changed; a field set to `...` is left out."""
    fields = {name: value for name, value in {**VERDICT, **changes}.items() if value is not ...}
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"


def request(request_id: str = "r1", requested_at: str = "2026-11-01T05:10:00Z", **changes: Any) -> bytes:
    """The log line of a request with these fields changed; a field set to `...` is left out."""
    return line(**{"request_id": request_id, "requested_at": requested_at, "completed_at": ...} | changes)


class JudgedHome:
    """A home that receives request logs and the verdicts of one judge."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.judge = Source("judge", ASSESSMENTS, str(place.home / "landing/judge/{date}/{hour}/*"))

    def write_logs(self, *lines: bytes, hour: datetime = HOUR, name: str = "log.jsonl") -> None:
        """Write a landing file of request logs."""
        self.place.put(name, b"".join(lines), hour)

    def write_verdicts(self, *lines: bytes, hour: datetime = HOUR, name: str = "verdicts.jsonl") -> Path:
        """Write a landing file of verdicts."""
        path = self.place.home / "landing" / "judge" / f"{hour:%Y-%m-%d}" / f"{hour:%H}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(lines))
        return path

    def land(self, *hours: datetime) -> list[LandedFile]:
        """Land these hours as a run does: land logs and verdicts, then match the verdicts to requests. Returns the files of verdicts."""
        hours = hours or (HOUR,)
        self.place.land(*hours)
        landed = land(find_files([self.judge], list(hours), self.place.home), self.place.lake, self.place.inventory)
        place(hours, self.place.lake, self.place.inventory)
        assert unaccounted(hours, self.place.inventory) == []
        return landed

    def plan(self, *hours: datetime) -> Window:
        """Plan the window of a run of these landing hours."""
        return window.plan(hours or (HOUR,), self.place.lake, self.place.inventory)

    def land_and_plan(self, *hours: datetime) -> tuple[datetime, ...]:
        """Land these hours and return the request hours that their run would derive."""
        self.land(*hours)
        return self.plan(*hours).request_hours

    def input_verdicts(self, *request_hours: datetime, select: str = "*") -> list[tuple[Any, ...]]:
        """The verdicts in the inputs of a run over these request hours, sorted."""
        target = self.place.home / "run.duckdb"
        window.write(Window(tuple(sorted(request_hours)), ()), self.place.lake, self.place.inventory, POLICY, target)
        with duckdb.connect(str(target), read_only=True) as con:
            return con.execute(f"select {select} from content_assessments order by all").fetchall()

    def waiting_count(self) -> int:
        """The number of verdicts that wait for their requests."""
        return sum(part.assessment_count for part in self.place.inventory.unplaced_parts())

    def verdict_hours(self) -> list[datetime]:
        """The request hours that contain verdicts."""
        return sorted(
            {part.request_hour for part in self.place.inventory.assessment_parts(*ALWAYS) if part.request_hour}
        )
