"""Matching verdicts to requests by key: before or after the request lands, with and without a hint, and in any order of runs."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import JudgedHome, request, verdict
from landing_place import HOUR, Place, at, make_place

from makegood.derivation import window
from makegood.verdicts.placing import PATIENCE, VerdictEquation, verdict_equation

DAYS = timedelta(days=1)
EARLIER = at("2026-11-01T03:00")
LATER = at("2026-11-01T09:00")


@pytest.fixture
def home(place: Place) -> JudgedHome:
    return JudgedHome(place)


HINTS: dict[str, Any] = {
    "right": "2026-11-01T03:10:00Z",
    "an hour off": "2026-11-01T04:10:00Z",
    "weeks off": "2026-10-01T00:00:00Z",
    "absent": ...,
}


@pytest.mark.parametrize("hint", HINTS)
def test_a_verdict_is_matched_by_key_whatever_its_hint_says(home: JudgedHome, hint: str) -> None:
    home.write_logs(request("r1", "2026-11-01T03:10:00Z"), request("r2", "2026-11-01T04:10:00Z"))
    home.land()
    home.write_verdicts(verdict(requested_at=HINTS[hint], assessed_at="2026-11-01T09:00:00Z"), hour=LATER)
    assert home.land_and_plan(LATER) == (EARLIER,)
    assert home.input_verdicts(EARLIER, select="request_id") == [("r1",)]
    assert home.waiting_count() == 0


def test_a_late_verdict_makes_a_run_derive_only_the_hour_of_its_request(home: JudgedHome) -> None:
    for hours in range(6):
        moment = HOUR + timedelta(hours=hours)
        home.write_logs(request(f"r{hours}", f"{moment:%FT%T}Z"), hour=moment)
        home.land(moment)
    home.write_verdicts(
        verdict(request_id="r2", requested_at=..., assessed_at="2026-11-09T05:00:00Z"), hour=HOUR + 8 * DAYS
    )
    assert home.land_and_plan(HOUR + 8 * DAYS) == (HOUR + timedelta(hours=2),)


def test_a_verdict_with_another_source_does_not_match_the_request(home: JudgedHome) -> None:
    home.write_logs(request("r1"))
    home.write_verdicts(verdict(source="other"))
    assert home.land_and_plan(HOUR) == (HOUR,)
    assert home.input_verdicts(HOUR) == []
    assert home.waiting_count() == 1


def test_a_verdict_waits_until_its_request_lands(home: JudgedHome) -> None:
    home.write_verdicts(verdict(), verdict(request_id="r2"))
    assert home.land_and_plan(HOUR) == ()
    assert home.waiting_count() == 2
    home.write_logs(request("r1"), hour=LATER)
    assert home.land_and_plan(LATER) == (HOUR,)
    assert home.input_verdicts(HOUR, select="request_id") == [("r1",)]
    assert home.waiting_count() == 1


@pytest.mark.parametrize(("wait", "found"), [(PATIENCE, 1), (PATIENCE + timedelta(days=1), 0)])
def test_a_verdict_waits_30_days_and_no_longer(home: JudgedHome, wait: timedelta, found: int) -> None:
    home.write_verdicts(verdict())
    home.land()
    home.write_logs(request(), hour=HOUR + wait)
    home.land(HOUR + wait)
    assert (len(home.input_verdicts(HOUR)), home.waiting_count()) == (found, 1 - found)
    assert verdict_equation(home.place.inventory, HOUR + wait) == VerdictEquation(
        landed=1, placed=found, waiting=0, given_up=1 - found
    )


@pytest.mark.parametrize(("hint", "found"), [(..., 0), ("2026-10-25T05:10:00Z", 1), ("2026-10-25T05:09:59.999Z", 0)])
def test_a_request_older_than_30_days_is_found_by_a_hint_within_7_days(home: JudgedHome, hint: Any, found: int) -> None:
    home.write_logs(request())
    home.land()
    landed = HOUR + 60 * DAYS
    home.write_verdicts(verdict(requested_at=hint, assessed_at=f"{landed:%FT%T}Z"), hour=landed)
    assert home.land_and_plan(landed) == ((HOUR,) if found else ())


def test_a_verdict_refers_to_the_latest_earlier_request_that_used_its_request_id(home: JudgedHome) -> None:
    for days in (0, 10, 20):
        moment = HOUR + days * DAYS
        home.write_logs(request("r1", f"{moment:%FT%T}Z"), hour=moment)
        home.land(moment)
    landed = HOUR + 21 * DAYS
    home.write_verdicts(verdict(requested_at=..., assessed_at=f"{HOUR + 12 * DAYS:%FT%T}Z"), hour=landed)
    assert home.land_and_plan(landed) == (HOUR + 10 * DAYS,)


def test_a_verdict_is_an_input_of_both_hours_of_a_request_that_moved(home: JudgedHome) -> None:
    home.write_logs(request("r1", "2026-11-01T05:10:00Z"))
    home.write_verdicts(verdict())
    home.land()
    home.write_logs(request("r1", "2026-11-01T03:10:00Z"), hour=LATER)
    assert home.land_and_plan(LATER) == (EARLIER, HOUR)
    assert len(home.input_verdicts(EARLIER)) == len(home.input_verdicts(HOUR)) == 1
    home.write_logs(request("r2", "2026-11-01T03:20:00Z"), hour=LATER, name="other.jsonl")
    home.land(LATER)
    assert len(home.input_verdicts(EARLIER)) == 1


def test_a_verdict_follows_a_request_that_a_corrected_file_moves_to_another_hour(home: JudgedHome) -> None:
    home.write_logs(request("r1", "2026-11-01T05:10:00Z"))
    home.write_verdicts(verdict())
    home.land()
    home.write_logs(request("r1", "2026-11-01T03:10:00Z"))
    assert home.land_and_plan(HOUR) == (EARLIER, HOUR)
    assert len(home.input_verdicts(EARLIER)) == 1


def test_verdicts_of_a_run_interrupted_between_landing_and_placing_are_placed_by_the_next_run(
    home: JudgedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.write_logs(request())
    home.write_verdicts(verdict(), verdict(request_id="unknown"))
    with monkeypatch.context() as patch:
        patch.setattr(home.place.inventory, "move", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            home.land()
    assert (home.verdict_hours(), home.waiting_count()) == ([], 2)
    assert home.land_and_plan(HOUR) == (HOUR,)
    assert (len(home.input_verdicts(HOUR)), home.waiting_count()) == (1, 1)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_waiting_verdicts_of_a_day_are_stored_in_one_part(home: JudgedHome) -> None:
    for hours in range(4):
        moment = HOUR + timedelta(hours=hours)
        home.write_verdicts(verdict(request_id=f"unknown-{hours}"), hour=moment)
        home.land(moment)
    parts = home.place.inventory.unplaced_parts()
    assert (len({part.lake_part for part in parts}), home.waiting_count()) == (1, 4)
    assert len(list(home.place.lake.glob("content_assessments/**/*.parquet"))) == 1


def test_the_input_digest_of_an_hour_changes_with_its_verdicts(home: JudgedHome) -> None:
    home.write_logs(request())
    home.land()
    before = window.input_digests([HOUR], home.place.inventory)
    home.write_verdicts(verdict(), hour=LATER)
    home.land(LATER)
    assert window.input_digests([HOUR], home.place.inventory) != before


class Delivery(NamedTuple):
    """A delivery of the request `key`: its start in hours after HOUR, and the number of its landing hour."""

    key: str
    started: int
    landed: int


class Judgement(NamedTuple):
    """A verdict on the request `key`: its hint and its time in hours after HOUR, and the number of its landing hour."""

    key: str
    hint: int | None
    assessed: int
    landed: int


LANDINGS = 4
keys = st.sampled_from(["a", "b", "c"])
landings = st.integers(0, LANDINGS - 1)
deliveries = st.lists(st.builds(Delivery, keys, st.sampled_from([0, 1, 2, 50, 160]), landings), max_size=6)
judgements = st.lists(
    st.builds(Judgement, keys, st.sampled_from([None, 0, 1, 50, 400]), st.sampled_from([0, 3, 170]), landings),
    max_size=6,
)


def write_landing_files(home: JudgedHome, delivered: list[Delivery], judged: list[Judgement]) -> None:
    for landing in range(LANDINGS):
        hour = _landing_hour(landing)
        home.write_logs(
            *(request(delivery.key, _time(delivery.started)) for delivery in delivered if delivery.landed == landing),
            hour=hour,
        )
        home.write_verdicts(
            *(
                verdict(
                    request_id=judgement.key,
                    requested_at=... if judgement.hint is None else _time(judgement.hint),
                    assessed_at=_time(judgement.assessed),
                )
                for judgement in judged
                if judgement.landed == landing
            ),
            hour=hour,
        )


def _landing_hour(landing: int) -> datetime:
    return HOUR + timedelta(days=20, hours=landing)


def _time(hours: int) -> str:
    return f"{HOUR + timedelta(hours=hours):%FT%T}Z"


@settings(max_examples=15, deadline=None)
@given(
    delivered=deliveries,
    judged=judgements,
    order=st.permutations(range(LANDINGS)),
    repeated=st.lists(landings, max_size=2),
)
def test_verdicts_are_inputs_of_every_hour_of_their_requests_in_any_order_of_runs(
    tmp_path_factory: pytest.TempPathFactory,
    delivered: list[Delivery],
    judged: list[Judgement],
    order: list[int],
    repeated: list[int],
) -> None:
    hours = sorted({HOUR + timedelta(hours=delivery.started) for delivery in delivered})
    found = []
    for runs in ([list(range(LANDINGS))], [[landing] for landing in [*order, *repeated]]):
        place = make_place(tmp_path_factory.mktemp("judged_home"))
        home = JudgedHome(place)
        write_landing_files(home, delivered, judged)
        for landings_of_run in runs:
            home.land_and_plan(*map(_landing_hour, landings_of_run))
        found.append(
            {
                hour: home.input_verdicts(hour, select="request_id, assessed_at, landing_file, landing_line")
                for hour in hours
            }
        )
        digests = window.input_digests(hours, place.inventory)
        found[-1] |= {"digests": digests, "waiting": home.waiting_count()}
        place.inventory.close()
    assert found[0] == found[1]
    for hour in hours:
        expected = sorted(
            (judgement.key, judgement.landed)
            for judgement in judged
            if any(
                delivery.key == judgement.key
                and HOUR + timedelta(hours=delivery.started) == hour
                and _is_about(judgement, delivery)
                for delivery in delivered
            )
        )
        assert sorted((row[0], int(row[2].split("/")[-2]) - HOUR.hour) for row in found[0][hour]) == expected


def _is_about(judgement: Judgement, delivery: Delivery) -> bool:
    return delivery.started <= judgement.assessed + 24 or (
        judgement.hint is not None and abs(judgement.hint - delivery.started) <= 7 * 24
    )


def test_a_verdict_finds_the_request_of_the_account_that_it_names(home: JudgedHome) -> None:
    home.write_logs(request(account_id="mine"), request(account_id="other", requested_at="2026-11-01T03:10:00Z"))
    home.write_verdicts(verdict(account_id="mine", requested_at=...), verdict(account_id="nobody's", requested_at=...))
    assert home.land_and_plan(HOUR) == (EARLIER, HOUR)
    (own_request,) = home.place.rows("request_key, account_id")[1:]
    assert home.input_verdicts(EARLIER, HOUR, select="request_key") == [(own_request["request_key"],)]
    assert home.waiting_count() == 1


@pytest.mark.parametrize("hint", [..., "2026-11-01T05:10:00Z", "2026-11-01T05:30:00Z"])
def test_another_account_that_reuses_a_request_id_cannot_take_its_verdict_away(home: JudgedHome, hint: Any) -> None:
    home.write_logs(
        request(account_id="mine"),
        request(account_id="copier", requested_at="2026-11-01T03:10:00Z"),
        request(account_id="copier of the hour", requested_at="2026-11-01T05:20:00Z"),
    )
    home.land()
    home.write_verdicts(verdict(requested_at=hint), hour=LATER)
    home.land(LATER)
    matched_keys = {key for (key,) in home.input_verdicts(EARLIER, HOUR, select="request_key")}
    accounts = {row["account_id"] for row in home.place.rows("*") if row["request_key"] in matched_keys}
    expected = {
        ...: {"mine", "copier", "copier of the hour"},
        "2026-11-01T05:10:00Z": {"mine"},
        "2026-11-01T05:30:00Z": {"mine", "copier of the hour"},
    }
    assert accounts == expected[hint]
    assert verdict_equation(home.place.inventory, LATER) == VerdictEquation(landed=1, placed=1, waiting=0, given_up=0)
