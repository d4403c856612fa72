"""One published home for all tests of the page, and a visitor who may see all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsing import Window, chromium
from fastapi.testclient import TestClient
from page_home import fill, serving, visitor
from playwright.sync_api import Browser
from running_gateway import Gateway


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    """A published home, made by a real run. Nobody writes to it."""
    return Gateway.copied("page", fill, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="session")
def client(gateway: Gateway) -> Iterator[TestClient]:
    """A visitor who may see everything."""
    with visitor(gateway) as one:
        yield one


@pytest.fixture(scope="session")
def url(gateway: Gateway) -> Iterator[str]:
    """The page of the published home on a real server."""
    with serving(gateway.settings) as served:
        yield served


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def window(browser: Browser, url: str) -> Iterator[Window]:
    """A fresh window; at its end nothing may have gone wrong in it, and nothing may have been asked of anybody else."""
    one = Window(browser, url)
    yield one
    one.context.close()
    assert one.faults == []
    assert [asked for asked in one.asked if not asked.startswith(url)] == []
