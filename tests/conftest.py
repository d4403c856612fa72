"""Fixtures shared by several test folders, and the marking of tests that need a derived home."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import shared_homes
from landing_place import Place, make_place

if TYPE_CHECKING:
    from running_gateway import Gateway

HOME_MAKERS = {
    "running_gateway", "derived_home", "dbt_here", "posted_ledger", "planted", "settled_home", "audited_home", "page_home",
    "oracle.building", "simulation", "subprocess", "judging",
}  # fmt: skip
"""Modules that derive a home, or start a process that does."""
HOME_FIXTURES = {"gateway", "published", "started"}


SHARED = pytest.StashKey[Path | None]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SHARED] = shared_homes.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    if folder := config.stash[SHARED]:
        shared_homes.end(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a derived home, recognized by the imports of their modules. `make test-fast` leaves them out."""
    for item in items:
        assert isinstance(item, pytest.Function)
        imported = {
            getattr(value, "__module__", None) or getattr(value, "__name__", None)
            for value in vars(item.module).values()
        }
        imported |= {value.__name__ for value in vars(item.module).values() if inspect.ismodule(value)}
        folder = item.path.parent.name
        if (
            imported & HOME_MAKERS
            or HOME_FIXTURES & set(item.fixturenames)
            or folder in ("dashboard", "expectations", "models", "settlement")
        ):
            item.add_marker("derived")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = make_place(tmp_path)
    yield place
    place.inventory.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    # Imported here because it imports Dagster, which takes seconds that only tests with a gateway should wait for.
    from running_gateway import Gateway

    return Gateway(tmp_path)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    """A home with one published hour of logs and verdicts. Tests that change it copy it first."""
    from running_gateway import FIRST, Gateway, record, verdict

    def fill(gateway: Gateway) -> None:
        gateway.land(FIRST, [record(f"r{n}", FIRST, status_code="503", account_id=f"a{n % 3}") for n in range(9)])
        gateway.land(FIRST, [verdict("r1", FIRST), verdict("r2", FIRST)], feed="judge")
        gateway.run(FIRST)

    return Gateway.copied("published", fill, tmp_path_factory.mktemp("published"))


@pytest.fixture
def started(tmp_path: Path) -> Gateway:
    """A home of a test's own, in which one hour was run: its one request, `first`, is owed 0.01 USD."""
    from running_gateway import started

    return started(tmp_path / "started")
