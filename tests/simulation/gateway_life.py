"""What a simulated gateway does: its landing files, and what of them was landed by a run. What must come of them is expected.py's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from oracle.records import Log
from running_gateway import record

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST = datetime(2025, 3, 29)
"""A simulation begins shortly before the end of a month, so that a week holds two."""
ACCOUNTS = ("acme", "globex", "initech", None)
REQUESTS_PER_DAY = 40


@dataclass
class GatewayLife:
    """Landing files as they are now (`files`), and as they were when a run landed them last (`landed`)."""

    root: Path
    random: Random
    files: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    landed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    count: int = 0

    def lives_a_day(self, day: datetime) -> None:
        """Traffic of a day, and what gateways do besides: retries, late requests, deliveries that change cost or account or move the hour."""
        for _ in range(REQUESTS_PER_DAY):
            hour = day + HOUR * self.random.randrange(24)
            self._writes(hour, self._request(hour + timedelta(milliseconds=self.random.randrange(3_600_000))))
        for _ in range(self.random.randrange(6)):
            self._writes(
                day + HOUR * self.random.randrange(24), self._request(day - HOUR * self.random.randrange(1, 60))
            )
        for _ in range(self.random.randrange(8)):
            self._delivers_again(day)

    def changes_a_file(self) -> datetime | None:
        """One landed file changes: rows are gone, changed or new. Its landing hour; None where nothing was landed."""
        if not self.landed:
            return None
        name = self.random.choice(sorted(self.landed))
        rows = [row for row in self.files[name] if self.random.random() > 0.3]
        rows = [{**row, **self._other()} if self.random.random() < 0.5 else row for row in rows]
        self._save(name, rows)
        return _landed_hour(name)

    def lands(self, start: datetime, end: datetime) -> None:
        """A run took the files of these landing hours as they are."""
        for name, rows in self.files.items():
            if start <= _landed_hour(name) < end:
                self.landed[name] = list(rows)

    def deliveries(self) -> Iterator[Log]:
        """Everything that was landed, as the reference reads it."""
        for name, rows in self.landed.items():
            for line, row in enumerate(rows, 1):
                yield _log(row, _landed_hour(name), f"landing/{name}", line)

    def _request(self, at: datetime) -> dict[str, Any]:
        self.count += 1
        choice = self.random.random()
        latency = 700_000 if choice > 0.95 else self.random.randrange(200, 9_000)
        return record(
            f"request-{self.count}",
            at,
            latency,
            account_id=self.random.choice(ACCOUNTS),
            cost_usd=self._cost(),
            model="openai/gpt-4o",
            output_tokens=0 if choice < 0.05 else 50,
            status_code="503" if 0.05 <= choice < 0.15 else "400" if 0.15 <= choice < 0.2 else "200",
        )

    def _cost(self) -> str:
        return format(
            Decimal(self.random.choice((1, 5, 12_345_678_901, 20_000_000_001, 300_000_000_000))).scaleb(-12), "f"
        )

    def _other(self) -> dict[str, Any]:
        """What a later delivery says otherwise."""
        return self.random.choice(
            (
                {"cost_usd": self._cost()},
                {"status_code": "503"},
                {"status_code": "200"},
                {"account_id": "globex"},
                {"output_tokens": 0},
            )
        )

    def _delivers_again(self, day: datetime) -> None:
        """A request of before is delivered again, otherwise or at another time; now and then weeks later, as another request."""
        if not self.files:
            return
        row = dict(self.random.choice(self.files[self.random.choice(sorted(self.files))] or [self._request(day)]))
        moved = self.random.choice((timedelta(0), timedelta(0), HOUR, -HOUR, DAY, 9 * DAY))
        for column in ("requested_at", "completed_at"):
            row[column] = _moment(datetime.fromisoformat(row[column]).replace(tzinfo=None) + moved)
        landed_hour = day + HOUR * self.random.randrange(24)
        if datetime.fromisoformat(row["requested_at"]).replace(tzinfo=None) < landed_hour:
            self._writes(landed_hour, {**row, **self._other()})

    def _writes(self, landed_hour: datetime, row: dict[str, Any]) -> None:
        name = f"gateway/{landed_hour:%Y-%m-%d}/{landed_hour:%H}/part-{self.random.randrange(2)}.jsonl"
        if name in self.landed:
            name = name.replace("part", f"late-{self.count}")
        self._save(name, [*self.files.get(name, []), row])

    def _save(self, name: str, rows: list[dict[str, Any]]) -> None:
        self.files[name] = rows
        file = self.root / "landing" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _landed_hour(name: str) -> datetime:
    _, day, hour, _ = name.split("/")
    return datetime.fromisoformat(f"{day}T{hour}:00:00")


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds") + "Z"


def _log(row: dict[str, Any], landed_hour: datetime, landing_file: str, line: int) -> Log:
    """A canonical record as the lake holds it."""
    started, ended = (
        datetime.fromisoformat(row[column]).replace(tzinfo=None) for column in ("requested_at", "completed_at")
    )
    known: dict[str, Any] = dict.fromkeys(Log.__slots__) | {
        "source": "gateway",
        "account_id": row.get("account_id", "unknown"),
        "requested_at": started,
        "completed_at": ended,
        "latency_ms": (ended - started) // timedelta(milliseconds=1),
        "cost_usd": Decimal(row["cost_usd"]),
        "landed_hour": landed_hour,
        "landing_file": landing_file,
        "landing_line": line,
        "meta": json.dumps(row["meta"]),
    }
    same = (
        "request_id",
        "model",
        "provider",
        "input_tokens",
        "output_tokens",
        "streamed",
        "finish_reason",
        "status_code",
    )
    return Log(**known | {column: row.get(column) for column in same})
