"""Builds a home for the tests of the page, and serves its page to test clients and browsers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import uvicorn
from fastapi.testclient import TestClient
from running_gateway import Gateway, Record, record

from dashboard.app import create_app
from makegood.settings import Settings

DAY = datetime(2026, 11, 1)
DATA_THROUGH = DAY + timedelta(days=4)
HOSTILE_MODEL = "<img src=x onerror=alert(1)>"
HOSTILE_ACCOUNT = '=HYPERLINK("http://evil.example","+1")'
SLASHED_ID = "batch/7?x=1&y=ü"
MODELS = ["openai/gpt-4o", "openai/gpt-4o-mini", "anthropic/claude-3-opus", HOSTILE_MODEL]


def failed(request_id: str, at: datetime, **values: Any) -> Record:
    """A request that is compensated as a service failure."""
    return record(request_id, at, **{"status_code": "500", "finish_reason": "error", "output_tokens": 0, **values})


def empty(request_id: str, at: datetime, **values: Any) -> Record:
    """A request that is compensated as unsatisfactory content."""
    return record(request_id, at, **{"output_tokens": 0, **values})


def slow(request_id: str, at: datetime, **values: Any) -> Record:
    """A request that is compensated as high latency."""
    return record(request_id, at, latency_ms=700_000, **values)


def requests() -> Iterator[Record]:
    """The requests of four days. Nothing is owed for the third day."""
    kinds = (failed, empty, slow)
    for number in range(120):
        at = DAY + timedelta(
            days=(0, 1, 3)[number % 3], hours=number * 5 % 24, minutes=number % 60, milliseconds=number
        )
        yield kinds[number % 7 % 3](
            f"r{number:03}",
            at,
            model=MODELS[number % 4],
            account_id=("acme", "globex", HOSTILE_ACCOUNT)[number // 4 % 3],
            cost_usd=f"0.{number + 1:03}00000{number % 9 + 1}",
        )
    for number in range(20):
        yield record(f"fine{number:02}", DAY + timedelta(days=2, hours=number))
    hostile_meta = {
        "headers": {"x": "<script>alert(1)</script>", "authorization": "Bearer abcdefgh"},
        "context": {"attempts": [1, 2], "note": "a text"},
        "prompt": "hello",
    }
    yield failed(SLASHED_ID, DAY + timedelta(hours=3), account_id="globex", meta=hostile_meta)
    yield failed("caller", DAY + timedelta(hours=4), status_code="400", account_id="globex")
    yield failed("free", DAY + timedelta(hours=4), cost_usd="0")
    yield record("last", DAY + timedelta(days=3, hours=23, minutes=30))


def fill(gateway: Gateway) -> Gateway:
    """Land all requests in the hour after the last day, and run that hour."""
    gateway.land(DATA_THROUGH, requests())
    gateway.run(DATA_THROUGH)
    return gateway


def visitor(gateway: Gateway, **settings: Any) -> TestClient:
    """A client of a page with the given settings. Use it as a context manager."""
    return TestClient(create_app(gateway.settings.model_copy(update=settings)), base_url="http://localhost")


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Serve the page on a free port of the loopback interface, and give its URL."""
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="error", proxy_headers=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.01)
    try:
        yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
