"""Whole settlements: landing files in, a run, a settlement through Dagster, and the ledger as readers see it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from command_line import exit_code
from running_gateway import FIRST, Gateway, record

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.hours import HOUR
from makegood.settlement.statements import as_html, statement
from makegood.settlement.verifying import verify
from makegood.status import ledger_status
from orchestration.running import settle

DAYS = 30
"""Landing hours until the first day is closed."""


Makegood = Callable[..., str]


@pytest.fixture
def makegood(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Makegood:
    """The command line over the gateway's home, which must succeed: its standard output."""
    monkeypatch.setenv("MAKEGOOD_HOME", str(gateway.root))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> str:
        capfd.readouterr()
        assert exit_code(*arguments) == 0
        return capfd.readouterr().out

    return run


def test_a_day_is_settled_published_proved_and_rebuilt(gateway: Gateway, makegood: Makegood) -> None:
    at = FIRST + timedelta(minutes=5)
    gateway.land(FIRST, [record("a", at, status_code="503"), record("b", at, status_code="503", account_id=None)])
    gateway.run(FIRST, DAYS)
    cautious_settings = gateway.settings.model_copy(update={"settlement_first_usd": Decimal("0.001")})
    with pytest.raises(
        MakegoodError, match=r"not posted: all accounts together would be paid 0\.01.* is_confirmed: true"
    ):
        settle(date(2026, 11, 3), cautious_settings)
    report = settle(date(2026, 11, 3), cautious_settings, is_confirmed=True)
    assert report.posted["entries"] == 1
    assert report.publication.ledger_sequence == 1
    entries = (
        "select account_id, entry_type, amount_usd, settled_date, batch_id from fct_ledger_entries order by batch_id"
    )
    assert gateway.query(entries) == [("acme", "payout", Decimal("0.01"), date(2026, 11, 3), 1)]
    assert settle(date(2026, 11, 3), gateway.settings).posted["batch"] == "nothing was due"

    gateway.land(FIRST + HOUR, [record("a", at, status_code="503", cost_usd="0.03")])
    gateway.run(FIRST + HOUR)
    assert gateway.query(
        "select decided_usd, posted_usd, unsettled_usd from mart_settlement_daily where account_id = 'acme'"
    ) == [(Decimal("0.03"), Decimal("0.01"), Decimal("0.02"))]
    settle(date(2026, 11, 5), gateway.settings)
    balances = gateway.query(
        "select settled_date, opening_usd, adjustments_usd, closing_usd from mart_ledger_balances_daily order by 1"
    )
    assert balances[1] == (date(2026, 11, 5), Decimal("0.01"), Decimal("0.02"), Decimal("0.03"))
    before = gateway.query(entries)

    _check_statement(gateway)
    proof = json.loads(makegood("verify", "--json"))
    assert (proof["problems"], proof["entry_count"]) == ([], 2)
    assert "✓ 2 batches with 2 entries of 0.030000000000 USD" in makegood("verify")
    month = ("statement", "--account", "acme", "--month", "2026-11", "--format")
    assert "2026-11-05,2026-11-01,adjustment,decided_anew,0.020000000000,0.030000000000," in makegood(*month, "csv")
    assert makegood(*month, "html").startswith("<!doctype html>")
    dry_run = json.loads(makegood("settle", "--date", "2026-11-06", "--dry-run", "--json"))
    assert (dry_run["entry_count"], dry_run["batch_id"], dry_run["is_dry_run"]) == (0, None, True)
    assert "0 entries of 0 USD would be posted" in makegood("settle", "--date", "2026-11-06", "--dry-run")
    credits = [
        (handover["batch_id"], handover["amount_usd"]) for handover in json.loads(makegood("handover", "--json"))
    ]
    assert credits == [(1, "0.01"), (2, "0.02")]
    assert json.loads(makegood("handover", "--json")) == []
    assert "✓ 2 batches of 0.030000000000 USD in the ledger, 2 of them handed over" in makegood("status")
    accepted, mark = gateway.root / "accepted.csv", _mark_as_restored(gateway)
    credit_files = [file.read_text() for file in sorted((gateway.root / "ledger" / "handover").glob("*/credits.csv"))]
    accepted.write_text(credit_files[0] + credit_files[1].partition("\n")[2])
    assert json.loads(makegood("reconcile", str(accepted), "--json"))["added_count"] == 0
    assert not mark.exists()

    shutil.rmtree(gateway.root / "warehouse")
    gateway.run(FIRST, DAYS)
    assert gateway.query(entries) == before
    assert settle(date(2026, 11, 6), gateway.settings).posted["entries"] == 0
    assert verify(Home(gateway.root), timedelta(hours=6)).problems == ()
    with pytest.raises(MakegoodError, match="the period 2026-11-04 is over"):
        settle(date(2026, 11, 4), gateway.settings)


def _mark_as_restored(gateway: Gateway) -> Path:
    """Mark the ledger as restored: what moves money stops, and what shows it does not."""
    mark = gateway.root / "ledger" / "restored"
    mark.touch()
    with pytest.raises(MakegoodError, match=r"was restored .*makegood reconcile FILE"):
        settle(date(2026, 11, 6), gateway.settings)
    assert ledger_status(Home(gateway.root)).problem is not None
    _check_statement(gateway)
    return mark


def _check_statement(gateway: Gateway) -> None:
    """Opening, entries and closing of one account and month; and what is decided but not posted."""
    november = statement(Home(gateway.root), "acme", "2026-11")
    assert [(line.settled_date.day, line.amount_usd, line.balance_usd) for line in november.lines] == [
        (3, Decimal("0.01"), Decimal("0.01")),
        (5, Decimal("0.02"), Decimal("0.03")),
    ]
    assert (november.opening_usd, november.closing_usd, november.accrual_usd) == (
        Decimal(0),
        Decimal("0.03"),
        Decimal(0),
    )
    assert statement(Home(gateway.root), "acme", "2026-12").opening_usd == Decimal("0.03")
    assert statement(Home(gateway.root), "unknown", "2026-11").accrual_usd == Decimal("0.01")
    assert "<td class=n>0.030000000000</td>" in as_html(november)
    assert "&lt;b&gt;" in as_html(replace(november, account_id="<b>"))
    with pytest.raises(MakegoodError, match="account 'nobody' has no compensation"):
        statement(Home(gateway.root), "nobody", "2026-11")
    with pytest.raises(MakegoodError, match="'November' is not a month; write it like 2026-11"):
        statement(Home(gateway.root), "acme", "November")
