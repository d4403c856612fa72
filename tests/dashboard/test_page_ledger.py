"""With a damaged ledger the page shows no numbers and names the file, and it recovers when the file is restored."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from damaging import flip
from page_home import visitor
from posted_ledger import post
from running_gateway import Gateway

from dashboard import following
from dashboard.following import Follower
from makegood.errors import MakegoodError
from makegood.home import Home


@pytest.fixture
def home(gateway: Gateway, tmp_path: Path) -> Home:
    """A copy of the published home with a later settlement."""
    shutil.copytree(gateway.root, tmp_path / "home")
    home = Home(tmp_path / "home")
    post(home, ("acme", "1"))
    return home


def test_an_open_page_shows_no_numbers_while_the_ledger_is_damaged(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PROOF_S", 0)
    monkeypatch.setattr(following, "POLL_S", 3600)
    [batch] = (home.ledger / "batches").iterdir()
    follower = Follower(home)
    follower.start(tmp_path)
    with follower.session() as session:
        assert session.publication.publication_id == 1
    flip(batch, 300)
    follower._look()
    with pytest.raises(MakegoodError, match=f"the ledger is broken: batch 1 .{batch.name}"), follower.session():
        pass
    flip(batch, 300)
    follower._look()
    with follower.session():
        pass
    follower.stop()


def test_a_page_opened_with_a_damaged_ledger_says_what_to_do(home: Home, gateway: Gateway) -> None:
    [batch] = (home.ledger / "batches").iterdir()
    flip(batch, 300)
    with visitor(Gateway(home.root)) as client:
        answer = client.get("/api/summary")
    assert answer.status_code == 503
    assert batch.name in answer.json()["detail"]
    assert "from a copy" in answer.json()["detail"]
