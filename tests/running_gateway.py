"""Homes for tests of whole runs: they write canonical records to landing files, run them through Dagster and query what readers see."""

from __future__ import annotations

import atexit
import json
import shutil
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from dbt_here import parsed_project
from shared_homes import copied

from expectations.worker import AuditWorker
from makegood.derivation.dbt_project import PARSED, SEAL
from makegood.derivation.dbt_server import DbtServer
from makegood.home import Home, dbt_directory
from makegood.hours import HOUR, HourRange
from makegood.publication.querying import answer
from makegood.settings import Settings
from orchestration.running import RunReport, run

FIRST = datetime(2026, 11, 1, 0)
MARTS = (
    "fct_requests",
    "fct_compensations",
    "fct_content_assessments",
    "fct_requests_hourly",
    "fct_request_hours",
    "fct_landing_files",
    "mart_compensation_hourly",
    "mart_compensation_daily",
    "mart_compensation_by_type_daily",
    "mart_compensation_by_model_daily",
    "mart_compensation_by_account_daily",
    "mart_compensation_details",
    "dim_models",
)
SOURCES = """
sources:
  - name: gateway
    adapter: canonical
    files: "landing/gateway/{date}/{hour}/*"
    keep: ["headers.x"]
assessments:
  - name: judge
    files: "landing/judge/{date}/{hour}/*"
"""

Record = dict[str, Any]


def record(request_id: str, requested_at: datetime, latency_ms: int = 1_000, **values: Any) -> Record:
    """A canonical record of a successful, billed and fast request, with the fields in `values` replaced; None leaves a field out."""
    fields = {
        "request_id": request_id,
        "account_id": "acme",
        "requested_at": requested_at.isoformat(timespec="milliseconds") + "Z",
        "completed_at": (requested_at + timedelta(milliseconds=latency_ms)).isoformat(timespec="milliseconds") + "Z",
        "model": "openai/gpt-4o",
        "provider": "openai",
        "input_tokens": 100,
        "output_tokens": 50,
        "cost_usd": "0.01",
        "streamed": False,
        "finish_reason": "stop",
        "status_code": "200",
        "meta": {"headers": {"user-agent": "test"}},
        **values,
    }
    return {name: value for name, value in fields.items() if value is not None}


def verdict(request_id: str, assessed_at: datetime, **values: Any) -> Record:
    """A judge's verdict that an answer was unsatisfactory, with the fields in `values` replaced; None leaves a field out."""
    fields = {
        "source": "gateway",
        "request_id": request_id,
        "detector": "judge",
        "verdict": "unsatisfactory",
        "score": 0.95,
        "assessed_at": assessed_at.isoformat(timespec="milliseconds") + "Z",
        **values,
    }
    return {name: value for name, value in fields.items() if value is not None}


@cache
def auditor() -> AuditWorker:
    """The audit worker that all runs of this test process share, because its imports take seconds."""
    worker = AuditWorker()
    atexit.register(worker.close)
    return worker


@cache
def dbt_server() -> DbtServer:
    """The server that executes all dbt commands of this process and of the processes that it starts, after the first call."""
    server = DbtServer(Home(parsed_project().parents[1]))
    server.start()
    atexit.register(server.close)
    return server


def with_parsed_project(home: Path) -> Path:
    """Copy the parsed project into this home, so that its first run need not parse it. Returns the home."""
    dbt_server()
    target = dbt_directory(Home(home).warehouse)
    target.mkdir(parents=True, exist_ok=True)
    for name in (*PARSED, SEAL):
        shutil.copy2(parsed_project() / name, target / name)
    return home


class Gateway:
    """A gateway that writes landing files, and the home in which they are run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (with_parsed_project(root) / "sources.yml").write_text(SOURCES)
        self.settings = Settings(home=root, sources=root / "sources.yml")

    @classmethod
    def copied(cls, name: str, fill: Callable[[Gateway], object], root: Path) -> Gateway:
        """A gateway whose home is a copy of one that `fill` lands and runs once in a session, for all that ask by this name."""
        return cls(copied(name, lambda home: fill(cls(home)), root))

    def land(
        self, landed_hour: datetime, records: Iterable[Record | str], name: str = "part.jsonl", feed: str = "gateway"
    ) -> Path:
        """Write a landing file of request logs or, with the feed `judge`, of verdicts. A record that is a string is written unchanged."""
        file = self.root / "landing" / feed / f"{landed_hour:%Y-%m-%d}" / f"{landed_hour:%H}" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [line if isinstance(line, str) else json.dumps(line) for line in records]
        file.write_text("".join(line + "\n" for line in lines))
        return file

    def run(self, start: datetime, hours: int = 1) -> RunReport:
        """Run this number of landing hours from `start` on."""
        return run(HourRange(start, start + HOUR * hours), self.settings, auditor())

    def query(self, query: str) -> list[tuple[Any, ...]]:
        """The rows that a reader gets for this query."""
        return answer(self.root, query)[1]

    def marts(self) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of each table in MARTS, sorted so that homes can be compared however their tables were written."""
        return {table: sorted(self.query(f"from {table}"), key=repr) for table in MARTS}


def started(root: Path) -> Gateway:
    """A copy of a home in which one hour was run: its one request, `first`, is owed 0.01 USD."""

    def fill(gateway: Gateway) -> None:
        gateway.land(FIRST, [record("first", FIRST, status_code="503")])
        gateway.run(FIRST)

    return Gateway.copied("started", fill, root)
