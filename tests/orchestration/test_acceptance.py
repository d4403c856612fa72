"""Surprising money, from its audit to the ledger: it is published, waits, is accepted at its value, and is posted."""

import json
import sys
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from running_gateway import FIRST, Gateway, record
from surprised_home import DAYS, surprised_home

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.hours import HOUR, HourRange
from makegood.settlement.acceptances import AcceptedHour, accept, read_acceptances
from makegood.settlement.ledger import Ledger
from makegood.settlement.open_audits import open_audits
from makegood.settlement.settling import Settlement
from makegood.settlement.settling import settle as settle_ledger
from makegood.settlement.verifying import verify
from makegood.status import status
from orchestration.command_line.cli import main
from orchestration.definitions import definitions_for
from orchestration.running import terms

CHECK = "fct_compensations.largest_payout_usd"
ONE_HOUR = HourRange(FIRST, FIRST + HOUR)
PAID = Decimal("150.010000000001")
RIGHT = ("--usd", f"{PAID}", "--reason", "r")

Makegood = Callable[..., tuple[int | str | None, str]]


@pytest.fixture
def surprised(tmp_path: Path) -> Gateway:
    return surprised_home(tmp_path)


@pytest.fixture
def makegood(surprised: Gateway, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Makegood:
    """The command line over that home: its exit code, and all that it printed."""
    monkeypatch.setenv("MAKEGOOD_HOME", str(surprised.root))
    monkeypatch.setenv("MAKEGOOD_SOURCES", str(surprised.root / "sources.yml"))
    monkeypatch.setenv("COLUMNS", "300")

    def run(*arguments: str) -> tuple[int | str | None, str]:
        monkeypatch.setattr(sys, "argv", ["makegood", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main()
        printed = capfd.readouterr()
        return exit_.value.code, printed.out + printed.err

    return run


def settle(gateway: Gateway, day: int = 3) -> Settlement:
    return settle_ledger(Home(gateway.root), date(2026, 11, day), terms(gateway.settings), is_confirmed=True)


def held_hours(gateway: Gateway) -> list[object]:
    return list(status(gateway.root, gateway.settings.sources).held_hours)


def test_surprising_money_is_published_and_posted_only_after_it_was_accepted(surprised: Gateway) -> None:
    home = Home(surprised.root)
    assert surprised.query("select sum(payout_usd) from fct_compensations") == [(PAID,)]
    assert held_hours(surprised) == [FIRST]
    waiting = settle(surprised)
    assert (waiting.batch_id, waiting.held_count, waiting.awaiting) == (None, 2, (FIRST.date(),))
    assert verify(home, terms(surprised.settings).grace).is_sound

    made = accept(home, CHECK, ONE_HOUR, PAID, "the provider was down", "ada")
    assert made.hours == (AcceptedHour(FIRST, "150.000000000001", 2, PAID),)
    assert held_hours(surprised) == []
    posted = settle(surprised)
    assert (posted.entry_count, posted.amount_usd, posted.awaiting) == (2, PAID, ())
    assert [batch.acceptances for batch in Ledger(home.ledger).batches()] == [(made.name,)]
    assert verify(home, terms(surprised.settings).grace).is_sound


def test_an_acceptance_lapses_if_the_hour_is_derived_anew_with_another_value(surprised: Gateway) -> None:
    home = Home(surprised.root)
    accept(home, CHECK, ONE_HOUR, PAID, "the provider was down", "ada")
    surprised.run(FIRST)
    assert held_hours(surprised) == [], "the hour was derived anew with the same value"
    dearer = record("dearer", FIRST, status_code="503", cost_usd="151")
    surprised.land(FIRST + HOUR, [dearer])
    surprised.run(FIRST + HOUR)
    assert held_hours(surprised) == [FIRST]
    assert settle(surprised).batch_id is None
    with pytest.raises(MakegoodError, match=r"pays 301\.010000000001 USD now, and not 150\.010000000001"):
        accept(home, CHECK, ONE_HOUR, PAID, "so was this one", "ada")
    accept(home, CHECK, ONE_HOUR, Decimal("301.010000000001"), "so was this one", "ada")
    assert settle(surprised).amount_usd == Decimal("301.010000000001")
    assert [one.number for one in read_acceptances(home.ledger)] == [1, 2]


def test_money_of_other_dates_is_posted_meanwhile(surprised: Gateway) -> None:
    next_day = FIRST + timedelta(days=1)
    surprised.land(next_day, [record("other", next_day, status_code="503")])
    surprised.run(next_day, DAYS)
    assert [line.amount_usd for line in settle(surprised).lines] == [Decimal("0.01")]
    accept(Home(surprised.root), CHECK, ONE_HOUR, PAID, "the provider was down", "ada")
    assert settle(surprised).amount_usd == PAID


def test_the_command_line_lists_what_waits_and_takes_the_answer(makegood: Makegood, surprised: Gateway) -> None:
    code, listed = makegood("audits")
    assert code == 0
    assert f"! {CHECK} in request hour 2026-11-01T00: 150.000000000001 (at most 100)" in listed
    assert "pays 150.010000000001 USD in 2 compensations" in listed
    assert "request_id dear, account_id acme" in listed
    assert f'makegood accept {CHECK} --from 2026-11-01T00 --usd 150.010000000001 --reason "…"' in listed
    assert "with surprising money" in makegood("status")[1]

    for arguments, reason in (
        (("--from", "2026-11-01T01", *RIGHT), "nothing of fct_compensations.largest_payout_usd waits"),
        (("--from", "2026-11-01T00", *RIGHT, "--reason", " "), "the reason must be a text of up to 1,000 characters"),
        (("--from", "2026-11-01T00", *RIGHT, "--reason", "…"), "the reason must be a text of up to 1,000 characters"),
        (("--from", "2026-11-01T00", *RIGHT, "--by", "x" * 1_001), "the name must be a text"),
        (("--from", "2026-11-01T00", *RIGHT, "--by", "a\nb"), "contains a control character"),
        (("--from", "2026-11-01T00", *RIGHT, "--by", "\u200b"), "the name must be a text"),
        (("--from", "2026-11-01T00", *RIGHT, "--usd", "150.01"), "pays 150.010000000001 USD now, and not 150.01"),
        (("--from", "2026-11-01T00", *RIGHT, "--usd", "1e3"), "is not an amount in USD"),
        (("--from", "2026-11-01T00", "--to", "2026-11-01T00", *RIGHT), "--to must be later than --from"),
        (("--from", "9999-12-31T23", *RIGHT), "is not over yet"),
        (("--from", "yesterday", *RIGHT), "is not an hour"),
    ):
        code, printed = makegood("accept", CHECK, *arguments)
        assert code == 1 and reason in printed and "Traceback" not in printed
    assert makegood("accept", "no.check", "--from", "2026-11-01T00", *RIGHT)[0] == 1

    code, answer = makegood(
        "accept", CHECK, "--from", "2026-11-01T00", *RIGHT, "--reason", "an outage", "--by", "ada", "--json"
    )
    assert code == 0 and json.loads(answer)["reason"] == "an outage"
    assert "No audit waits for an answer" in makegood("audits")[1]
    listed = makegood("acceptances")[1]
    assert "(1 request hour), 150.010000000001 USD, by ada (user " in listed and listed.strip().endswith(": an outage")


def test_dagster_takes_the_answer_from_a_form(surprised: Gateway) -> None:
    form = {"check": CHECK, "first_hour": "2026-11-01T00", "end_hour": "2026-11-01T01", "payout_usd": f"{PAID}", "reason": "an outage", "accepted_by": "ada"}  # fmt: skip
    job = definitions_for(surprised.settings).resolve_job_def("accept")
    assert job.execute_in_process(run_config={"ops": {"accept_held_money": {"config": form}}}).success
    assert held_hours(surprised) == []


def test_a_fault_that_blocks_is_listed_until_a_run_makes_it_good_and_cannot_be_accepted(surprised: Gateway) -> None:
    broken = surprised.land(FIRST + HOUR, [record("whole", FIRST + HOUR), *["{no record"] * 299])
    with pytest.raises(MakegoodError, match="not published"):
        surprised.run(FIRST + HOUR)
    home = Home(surprised.root)
    blocking = [one for one in open_audits(home) if one.is_blocking]
    assert [(one.check, one.measured) for one in blocking] == [
        ("fct_landing_files.quarantined_share", f"{299 / 300} to {299 / 300}")
    ]
    with pytest.raises(MakegoodError, match="nothing of fct_landing_files"):
        accept(home, blocking[0].check, ONE_HOUR, Decimal(0), "it is fine", "ada")
    broken.write_text(json.dumps(record("whole", FIRST + HOUR)))
    surprised.run(FIRST + HOUR)
    assert not [one for one in open_audits(home) if one.is_blocking]


@pytest.mark.parametrize("damage", ["a changed reason", "a lost acceptance", "no JSON"])
def test_a_damaged_acceptance_is_named_and_nothing_is_posted(surprised: Gateway, damage: str) -> None:
    home = Home(surprised.root)
    accept(home, CHECK, ONE_HOUR, PAID, "the provider was down", "ada")
    first = home.ledger / "acceptances" / "00000001.json"
    if damage == "a changed reason":
        first.write_text(first.read_text().replace("down", "up"))
    elif damage == "a lost acceptance":
        first.rename(first.with_name("00000002.json"))
    else:
        first.write_text("{")
    with pytest.raises(MakegoodError, match="acceptance"):
        settle(surprised)


def test_an_acceptance_that_was_killed_leaves_nothing_that_the_next_one_writes_to(surprised: Gateway) -> None:
    home = Home(surprised.root)
    first = accept(home, CHECK, ONE_HOUR, PAID, "the provider was down", "ada")
    made = home.ledger / "acceptances" / "00000001.json"
    (home.ledger / "acceptances" / ".new").hardlink_to(made)
    surprised.land(FIRST + HOUR, [record("dearer", FIRST, status_code="503", cost_usd="151")])
    surprised.run(FIRST + HOUR)
    accept(home, CHECK, ONE_HOUR, Decimal("301.010000000001"), "so was this one", "ada")
    assert read_acceptances(home.ledger)[0] == first


def test_another_payout_of_the_hour_is_not_accepted_with_it(surprised: Gateway) -> None:
    home = Home(surprised.root)
    accept(home, CHECK, ONE_HOUR, PAID, "the provider was down", "ada")
    surprised.land(FIRST + HOUR, [record("second", FIRST, status_code="503", cost_usd="99")])
    surprised.run(FIRST + HOUR)
    assert held_hours(surprised) == [FIRST], "the largest payout is the accepted one, but the hour pays more"


def test_an_acceptance_that_a_batch_was_posted_under_is_missed(surprised: Gateway) -> None:
    home = Home(surprised.root)
    accept(home, CHECK, ONE_HOUR, PAID, "the provider was down", "ada")
    settle(surprised)
    (home.ledger / "acceptances" / "00000001.json").unlink()
    problems = verify(home, terms(surprised.settings).grace).problems
    assert "was posted under acceptance 1, which is missing" in problems[0]


def test_hours_in_a_row_are_listed_and_accepted_together(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    for number in range(7):
        hour = FIRST + (20 + number) * HOUR
        gateway.land(hour, [record(f"dear {number}", hour, status_code="503", cost_usd=f"{150 + number}")])
    gateway.run(FIRST, 2 * DAYS)
    home = Home(gateway.root)
    [listed] = open_audits(home)
    assert (listed.start, listed.end) == (FIRST + 20 * HOUR, FIRST + 27 * HOUR)
    assert (listed.measured, listed.compensation_count, listed.payout_usd) == (
        "150.000000000000 to 156.000000000000",
        7,
        1071,
    )
    assert [row["request_id"] for row in listed.rows] == ["dear 6", "dear 5", "dear 4"]
    waiting = settle(gateway)
    assert (waiting.batch_id, waiting.held_count) == (None, 7)
    accept(home, CHECK, HourRange(FIRST, FIRST + 24 * HOUR), Decimal(606), "the provider was down")
    assert settle(gateway).amount_usd == 606
    assert held_hours(gateway) == [FIRST + (24 + number) * HOUR for number in range(3)]
