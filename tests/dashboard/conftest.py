"""One published home for all tests of the page, and a visitor who may see all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from page_home import fill, visitor
from running_gateway import Gateway


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    """A published home, made by a real run. Nobody writes to it."""
    return fill(Gateway(tmp_path_factory.mktemp("page")))


@pytest.fixture(scope="session")
def client(gateway: Gateway) -> Iterator[TestClient]:
    """A visitor who may see everything."""
    with visitor(gateway) as one:
        yield one
