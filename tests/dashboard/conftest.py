"""Fixtures for the tests of the page: one published home, a client without restrictions, a server and browser windows."""

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
    """A published home, made by a real run. Tests must not change it."""
    return Gateway.copied("page", fill, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="session")
def client(gateway: Gateway) -> Iterator[TestClient]:
    """A client that may see all accounts."""
    with visitor(gateway) as client:
        yield client


@pytest.fixture(scope="session")
def url(gateway: Gateway) -> Iterator[str]:
    """The URL of the published home's page on a real server."""
    with serving(gateway.settings) as served:
        yield served


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def window(browser: Browser, url: str) -> Iterator[Window]:
    """A fresh window. It must end without errors and without requests to other hosts."""
    window = Window(browser, url)
    yield window
    window.context.close()
    assert window.faults == []
    assert [requested_url for requested_url in window.requested_urls if not requested_url.startswith(url)] == []
