"""The page's temporary folder is there while the page runs, and at no other time."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from running_gateway import Gateway

from dashboard.app import create_app
from makegood.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of an empty home."""
    return Gateway(tmp_path / "home").settings


@pytest.fixture
def temporary(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_a_page_that_never_starts_makes_no_folder(settings: Settings, temporary: Path) -> None:
    create_app(settings)
    assert list(temporary.iterdir()) == []


def test_a_page_that_ends_leaves_no_folder_also_where_something_failed(settings: Settings, temporary: Path) -> None:
    page = TestClient(create_app(settings), base_url="http://localhost")
    with pytest.raises(RuntimeError, match="stopped"), page:
        [folder] = temporary.iterdir()
        assert folder.name.startswith("makegood-page-")
        raise RuntimeError("stopped")
    assert list(temporary.iterdir()) == []
