"""What a simulated gateway does: its landing files, and what of them was landed by a run. What must come of them is the oracle's to say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from oracle.records import Key, Log
from running_gateway import record

from simulation.events import Events

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST = datetime(2025, 3, 29)
"""A simulation begins shortly before the end of a month, so that a week holds two."""
LOOKBACK = 2 * DAY
"""How far back a run lands files that are new or changed, as the schedule's runs do."""
MERGE_REACH = 7 * DAY
ACCOUNTS = ("acme", "globex", "initech", None)
REQUESTS_PER_DAY = 30


@dataclass
class GatewayLife:
    """Landing files as they are now (`files`), and as they were when a run landed them last (`landed`)."""

    root: Path
    random: Random
    events: Events
    files: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    landed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    assessed: set[str] = field(default_factory=set)
    """Ids that a verdict speaks of: they are never used for another request."""
    count: int = 0

    def simulate_day(self, day: datetime) -> None:
        """Traffic of a day, and what gateways do besides: retries, late requests and files, deliveries that say otherwise."""
        for _ in range(REQUESTS_PER_DAY):
            hour = day + HOUR * self.random.randrange(24)
            self.write(hour, self._request(hour + timedelta(milliseconds=self.random.randrange(3_600_000))))
        for _ in range(self.random.randrange(1, 3)):
            self._retry(day + HOUR * self.random.randrange(24))
        for _ in range(self.random.randrange(1, 5)):
            self.events.count("a late request")
            hour = day + HOUR * self.random.randrange(24)
            self.write(hour, self._request(day - HOUR * self.random.randrange(1, 60)))
        for _ in range(self.random.randrange(2, 9)):
            self._redeliver(day)
        if day > FIRST and self.random.random() < 0.6:
            self.events.count("a late file")
            reach = min(LOOKBACK, day - FIRST) // HOUR
            hour = day - HOUR * self.random.randrange(1, reach + 1)
            self.write(hour, self._request(hour), name=f"late-{self.count}.jsonl")

    def change_files(self) -> datetime:
        """Landed files of one day change: rows are gone, changed or new. The day."""
        names = [name for name in sorted(self.landed) if name.startswith("gateway/")]
        day = self.random.choice(names).split("/")[1]
        changed = [name for name in names if name.split("/")[1] == day]
        for name in self.random.sample(changed, min(3, len(changed))):
            rows = [row for row in self.files[name] if self.random.random() > 0.3]
            self._save(name, [{**row, **self._other()} if self.random.random() < 0.5 else row for row in rows])
            self.events.count("a changed file")
        return datetime.fromisoformat(day)

    def land(self, start: datetime, end: datetime) -> None:
        """A run took the files of these landing hours as they are."""
        for name, rows in self.files.items():
            if start <= landed_hour(name) < end:
                self.landed[name] = list(rows)

    def landed_rows(self, feed: str) -> Iterator[tuple[dict[str, Any], str, int]]:
        """Everything that was landed of a feed: each record with its file and line."""
        for name, rows in self.landed.items():
            if name.startswith(f"{feed}/"):
                for line, row in enumerate(rows, 1):
                    yield row, name, line

    def deliveries(self) -> Iterator[Log]:
        """Every request record that was landed, as the reference reads it."""
        for row, name, line in self.landed_rows("gateway"):
            yield _log(row, landed_hour(name), f"landing/{name}", line)

    def requests(self) -> dict[str, list[datetime]]:
        """The ids of all requests so far, landed or not, and when each is said to have been asked."""
        requested_at: dict[str, list[datetime]] = {}
        for name, rows in self.files.items():
            if name.startswith("gateway/"):
                for row in rows:
                    requested_at.setdefault(row["request_id"], []).append(_asked_at(row))
        return requested_at

    def write(self, landed: datetime, row: dict[str, Any], name: str = "", feed: str = "gateway") -> None:
        """Add a record to a landing file of this hour: a named one, or one of two; a file that was landed already stays as it is."""
        path = f"{feed}/{landed:%Y-%m-%d}/{landed:%H}/{name or f'part-{self.random.randrange(2)}.jsonl'}"
        if path in self.landed and not name:
            path = path.replace("part", f"late-{self.count}")
        self._save(path, [*self.files.get(path, []), row])

    def _retry(self, hour: datetime) -> None:
        """One call that fails and is tried again: two requests of one trace."""
        self.events.count("a retry")
        for attempt, status_code in enumerate(("503", "200")):
            row = self._request(hour + timedelta(seconds=attempt))
            self.write(hour, {**row, "status_code": status_code, "trace_id": f"trace-{hour:%d%H}"})

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

    def _redeliver(self, day: datetime) -> None:
        """A request of before is delivered again, otherwise or at another time; or its id is used for another, days before or after."""
        rows = [row for name in sorted(self.files) if name.startswith("gateway/") for row in self.files[name]]
        row = dict(self.random.choice(rows))
        moves = (timedelta(0), timedelta(0), HOUR, -HOUR, DAY, 9 * DAY, -9 * DAY)
        moved = self.random.choice(moves[:4] if row["request_id"] in self.assessed else moves)
        for column in ("requested_at", "completed_at"):
            row[column] = _moment(datetime.fromisoformat(row[column]).replace(tzinfo=None) + moved)
        landed = day + HOUR * self.random.randrange(24)
        if _asked_at(row) < landed:
            self.events.count(
                "a delivery that changes what was said"
                if not moved
                else "a delivery that moves the hour"
                if abs(moved) < MERGE_REACH
                else "an id used again days later"
            )
            self.write(landed, {**row, **self._other()})

    def _save(self, name: str, rows: list[dict[str, Any]]) -> None:
        self.files[name] = rows
        file = self.root / "landing" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def landed_hour(name: str) -> datetime:
    """When a landing file arrived, by its path below `landing/`."""
    _, day, hour, _ = name.split("/")
    return datetime.fromisoformat(f"{day}T{hour}:00:00")


def _asked_at(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["requested_at"]).replace(tzinfo=None)


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
        "operation": "chat",
        "is_answer_withheld": False,
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
        "trace_id",
        "model",
        "provider",
        "input_tokens",
        "output_tokens",
        "streamed",
        "finish_reason",
        "status_code",
    )
    return Log(**known | {column: row.get(column) for column in same})


def landed_key(key: Key) -> str:
    """A key of canonical records as landing spells it, from which ids in the ledger follow: lengths before texts."""
    source, buyer, *named = key
    kind, name = named[-2:]
    who = named[0] if buyer == "account" else ""
    spelled = (kind, 0, len(source.encode()), buyer, len(who.encode()), source, who, name)
    return sha256(" ".join(map(str, spelled)).encode()).hexdigest()[:32]
