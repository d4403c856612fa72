"""Matching verdicts to requests by key: before or after the request lands, with and without a hint, and in any order of runs."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import Court, request, verdict
from landing_place import HOUR, Place, at, make_place

from makegood.derivation import window
from makegood.verdicts.placing import PATIENCE, VerdictEquation, verdict_equation

DAYS = timedelta(days=1)
EARLIER = at("2026-11-01T03:00")
LATER = at("2026-11-01T09:00")


@pytest.fixture
def court(place: Place) -> Court:
    return Court(place)


HINTS: dict[str, Any] = {
    "right": "2026-11-01T03:10:00Z",
    "an hour off": "2026-11-01T04:10:00Z",
    "weeks off": "2026-10-01T00:00:00Z",
    "absent": ...,
}


@pytest.mark.parametrize("hint", HINTS)
def test_a_verdict_is_matched_by_key_whatever_its_hint_says(court: Court, hint: str) -> None:
    court.logs(request("r1", "2026-11-01T03:10:00Z"), request("r2", "2026-11-01T04:10:00Z"))
    court.land()
    court.verdicts(verdict(requested_at=HINTS[hint], assessed_at="2026-11-01T09:00:00Z"), hour=LATER)
    assert court.runs(LATER) == (EARLIER,)
    assert court.given(EARLIER, select="request_id") == [("r1",)]
    assert court.waiting() == 0


def test_a_late_verdict_makes_a_run_derive_only_the_hour_of_its_request(court: Court) -> None:
    for hours in range(6):
        moment = HOUR + timedelta(hours=hours)
        court.logs(request(f"r{hours}", f"{moment:%FT%T}Z"), hour=moment)
        court.land(moment)
    court.verdicts(verdict(request_id="r2", requested_at=..., assessed_at="2026-11-09T05:00:00Z"), hour=HOUR + 8 * DAYS)
    assert court.runs(HOUR + 8 * DAYS) == (HOUR + timedelta(hours=2),)


def test_a_verdict_with_another_source_does_not_match_the_request(court: Court) -> None:
    court.logs(request("r1"))
    court.verdicts(verdict(source="other"))
    assert court.runs(HOUR) == (HOUR,)
    assert court.given(HOUR) == []
    assert court.waiting() == 1


def test_a_verdict_waits_until_its_request_lands(court: Court) -> None:
    court.verdicts(verdict(), verdict(request_id="r2"))
    assert court.runs(HOUR) == ()
    assert court.waiting() == 2
    court.logs(request("r1"), hour=LATER)
    assert court.runs(LATER) == (HOUR,)
    assert court.given(HOUR, select="request_id") == [("r1",)]
    assert court.waiting() == 1


@pytest.mark.parametrize(("wait", "found"), [(PATIENCE, 1), (PATIENCE + timedelta(days=1), 0)])
def test_a_verdict_waits_30_days_and_no_longer(court: Court, wait: timedelta, found: int) -> None:
    court.verdicts(verdict())
    court.land()
    court.logs(request(), hour=HOUR + wait)
    court.land(HOUR + wait)
    assert (len(court.given(HOUR)), court.waiting()) == (found, 1 - found)
    assert verdict_equation(court.place.inventory, HOUR + wait) == VerdictEquation(
        landed=1, placed=found, waiting=0, given_up=1 - found
    )


@pytest.mark.parametrize(("hint", "found"), [(..., 0), ("2026-10-25T05:10:00Z", 1), ("2026-10-25T05:09:59.999Z", 0)])
def test_a_request_older_than_30_days_is_found_by_a_hint_within_7_days(court: Court, hint: Any, found: int) -> None:
    court.logs(request())
    court.land()
    late = HOUR + 60 * DAYS
    court.verdicts(verdict(requested_at=hint, assessed_at=f"{late:%FT%T}Z"), hour=late)
    assert court.runs(late) == ((HOUR,) if found else ())


def test_a_verdict_refers_to_the_latest_earlier_request_that_used_its_request_id(court: Court) -> None:
    for days in (0, 10, 20):
        moment = HOUR + days * DAYS
        court.logs(request("r1", f"{moment:%FT%T}Z"), hour=moment)
        court.land(moment)
    landed = HOUR + 21 * DAYS
    court.verdicts(verdict(requested_at=..., assessed_at=f"{HOUR + 12 * DAYS:%FT%T}Z"), hour=landed)
    assert court.runs(landed) == (HOUR + 10 * DAYS,)


def test_a_verdict_is_an_input_of_both_hours_of_a_request_that_moved(court: Court) -> None:
    court.logs(request("r1", "2026-11-01T05:10:00Z"))
    court.verdicts(verdict())
    court.land()
    court.logs(request("r1", "2026-11-01T03:10:00Z"), hour=LATER)
    assert court.runs(LATER) == (EARLIER, HOUR)
    assert len(court.given(EARLIER)) == len(court.given(HOUR)) == 1
    court.logs(request("r2", "2026-11-01T03:20:00Z"), hour=LATER, name="other.jsonl")
    court.land(LATER)
    assert len(court.given(EARLIER)) == 1


def test_a_verdict_follows_a_request_that_a_corrected_file_moves_to_another_hour(court: Court) -> None:
    court.logs(request("r1", "2026-11-01T05:10:00Z"))
    court.verdicts(verdict())
    court.land()
    court.logs(request("r1", "2026-11-01T03:10:00Z"))
    assert court.runs(HOUR) == (EARLIER, HOUR)
    assert len(court.given(EARLIER)) == 1


def test_verdicts_of_a_run_interrupted_between_landing_and_placing_are_placed_by_the_next_run(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    court.logs(request())
    court.verdicts(verdict(), verdict(request_id="unknown"))
    with monkeypatch.context() as patch:
        patch.setattr(court.place.inventory, "move", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            court.land()
    assert (court.hours(), court.waiting()) == ([], 2)
    assert court.runs(HOUR) == (HOUR,)
    assert (len(court.given(HOUR)), court.waiting()) == (1, 1)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_waiting_verdicts_of_a_day_are_stored_in_one_part(court: Court) -> None:
    for hours in range(4):
        moment = HOUR + timedelta(hours=hours)
        court.verdicts(verdict(request_id=f"unknown-{hours}"), hour=moment)
        court.land(moment)
    parts = court.place.inventory.unplaced_parts()
    assert (len({part.lake_part for part in parts}), court.waiting()) == (1, 4)
    assert len(list(court.place.lake.glob("content_assessments/**/*.parquet"))) == 1


def test_the_input_digest_of_an_hour_changes_with_its_verdicts(court: Court) -> None:
    court.logs(request())
    court.land()
    before = window.input_digests([HOUR], court.place.inventory)
    court.verdicts(verdict(), hour=LATER)
    court.land(LATER)
    assert window.input_digests([HOUR], court.place.inventory) != before


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


def write_landing_files(court: Court, delivered: list[Delivery], judged: list[Judgement]) -> None:
    for landing in range(LANDINGS):
        hour = _landing_hour(landing)
        court.logs(
            *(request(delivery.key, _time(delivery.started)) for delivery in delivered if delivery.landed == landing),
            hour=hour,
        )
        court.verdicts(
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
        place = make_place(tmp_path_factory.mktemp("court"))
        court = Court(place)
        write_landing_files(court, delivered, judged)
        for landings_of_run in runs:
            court.runs(*map(_landing_hour, landings_of_run))
        found.append(
            {hour: court.given(hour, select="request_id, assessed_at, landing_file, landing_line") for hour in hours}
        )
        digests = window.input_digests(hours, place.inventory)
        found[-1] |= {"digests": digests, "waiting": court.waiting()}
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


def test_a_verdict_finds_the_request_of_the_account_that_it_names(court: Court) -> None:
    court.logs(request(account_id="mine"), request(account_id="other", requested_at="2026-11-01T03:10:00Z"))
    court.verdicts(verdict(account_id="mine", requested_at=...), verdict(account_id="nobody's", requested_at=...))
    assert court.runs(HOUR) == (EARLIER, HOUR)
    (mine,) = court.place.rows("request_key, account_id")[1:]
    assert court.given(EARLIER, HOUR, select="request_key") == [(mine["request_key"],)]
    assert court.waiting() == 1


@pytest.mark.parametrize("hint", [..., "2026-11-01T05:10:00Z", "2026-11-01T05:30:00Z"])
def test_another_account_that_reuses_a_request_id_cannot_take_its_verdict_away(court: Court, hint: Any) -> None:
    court.logs(
        request(account_id="mine"),
        request(account_id="copier", requested_at="2026-11-01T03:10:00Z"),
        request(account_id="copier of the hour", requested_at="2026-11-01T05:20:00Z"),
    )
    court.land()
    court.verdicts(verdict(requested_at=hint), hour=LATER)
    court.land(LATER)
    matched_keys = {key for (key,) in court.given(EARLIER, HOUR, select="request_key")}
    accounts = {row["account_id"] for row in court.place.rows("*") if row["request_key"] in matched_keys}
    expected = {
        ...: {"mine", "copier", "copier of the hour"},
        "2026-11-01T05:10:00Z": {"mine"},
        "2026-11-01T05:30:00Z": {"mine", "copier of the hour"},
    }
    assert accounts == expected[hint]
    assert verdict_equation(court.place.inventory, LATER) == VerdictEquation(landed=1, placed=1, waiting=0, given_up=0)
