"""Verdicts find their requests by key, early or late, hinted or not; a late one re-derives the hour of its request and no other."""

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
def test_the_key_decides_whatever_the_hint_says(court: Court, hint: str) -> None:
    court.logs(request("r1", "2026-11-01T03:10:00Z"), request("r2", "2026-11-01T04:10:00Z"))
    court.land()
    court.verdicts(verdict(requested_at=HINTS[hint], assessed_at="2026-11-01T09:00:00Z"), hour=LATER)
    assert court.runs(LATER) == (EARLIER,)
    assert court.given(EARLIER, select="request_id") == [("r1",)]
    assert court.waiting() == 0


def test_a_late_verdict_derives_the_hour_of_its_request_alone(court: Court) -> None:
    for hours in range(6):
        moment = HOUR + timedelta(hours=hours)
        court.logs(request(f"r{hours}", f"{moment:%FT%T}Z"), hour=moment)
        court.land(moment)
    court.verdicts(verdict(request_id="r2", requested_at=..., assessed_at="2026-11-09T05:00:00Z"), hour=HOUR + 8 * DAYS)
    assert court.runs(HOUR + 8 * DAYS) == (HOUR + timedelta(hours=2),)


def test_a_verdict_of_another_gateway_is_of_another_request(court: Court) -> None:
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
def test_a_request_long_before_its_verdict_is_found_by_a_hint_within_7_days(
    court: Court, hint: Any, found: int
) -> None:
    court.logs(request())
    court.land()
    late = HOUR + 60 * DAYS
    court.verdicts(verdict(requested_at=hint, assessed_at=f"{late:%FT%T}Z"), hour=late)
    assert court.runs(late) == ((HOUR,) if found else ())


def test_of_requests_that_used_one_id_weeks_apart_the_last_one_before_the_verdict_is_meant(court: Court) -> None:
    for days in (0, 10, 20):
        moment = HOUR + days * DAYS
        court.logs(request("r1", f"{moment:%FT%T}Z"), hour=moment)
        court.land(moment)
    landed = HOUR + 21 * DAYS
    court.verdicts(verdict(requested_at=..., assessed_at=f"{HOUR + 12 * DAYS:%FT%T}Z"), hour=landed)
    assert court.runs(landed) == (HOUR + 10 * DAYS,)


def test_both_hours_of_a_request_that_moved_are_given_the_verdict(court: Court) -> None:
    court.logs(request("r1", "2026-11-01T05:10:00Z"))
    court.verdicts(verdict())
    court.land()
    court.logs(request("r1", "2026-11-01T03:10:00Z"), hour=LATER)
    assert court.runs(LATER) == (EARLIER, HOUR)
    assert len(court.given(EARLIER)) == len(court.given(HOUR)) == 1
    court.logs(request("r2", "2026-11-01T03:20:00Z"), hour=LATER, name="other.jsonl")
    court.land(LATER)
    assert len(court.given(EARLIER)) == 1


def test_a_verdict_follows_a_request_whose_file_was_mended(court: Court) -> None:
    court.logs(request("r1", "2026-11-01T05:10:00Z"))
    court.verdicts(verdict())
    court.land()
    court.logs(request("r1", "2026-11-01T03:10:00Z"))
    assert court.runs(HOUR) == (EARLIER, HOUR)
    assert len(court.given(EARLIER)) == 1


def test_a_run_that_died_between_landing_and_placing_is_made_good_by_the_next(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    court.logs(request())
    court.verdicts(verdict(), verdict(request_id="unknown"))
    with monkeypatch.context() as patch:
        patch.setattr(court.place.inventory, "move", _die)
        with pytest.raises(KeyboardInterrupt):
            court.land()
    assert (court.hours(), court.waiting()) == ([], 2)
    assert court.runs(HOUR) == (HOUR,)
    assert (len(court.given(HOUR)), court.waiting()) == (1, 1)


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_verdicts_that_wait_lie_in_one_part_a_day(court: Court) -> None:
    for hours in range(4):
        moment = HOUR + timedelta(hours=hours)
        court.verdicts(verdict(request_id=f"unknown-{hours}"), hour=moment)
        court.land(moment)
    parts = court.place.inventory.unplaced_parts()
    assert (len({part.lake_part for part in parts}), court.waiting()) == (1, 4)
    assert len(list(court.place.lake.glob("content_assessments/**/*.parquet"))) == 1


def test_an_hours_digest_knows_its_verdicts(court: Court) -> None:
    court.logs(request())
    court.land()
    before = window.input_digests([HOUR], court.place.inventory)
    court.verdicts(verdict(), hour=LATER)
    court.land(LATER)
    assert window.input_digests([HOUR], court.place.inventory) != before


class Delivered(NamedTuple):
    """A delivery of a key: hours after HOUR that it began, and the landing hour that it came in."""

    key: str
    began: int
    landed: int


class Judged(NamedTuple):
    """A verdict on a key: what it hints at, hours after HOUR that it was given, and the landing hour that it came in."""

    key: str
    hint: int | None
    given: int
    landed: int


LANDINGS = 4
keys = st.sampled_from(["a", "b", "c"])
landings = st.integers(0, LANDINGS - 1)
deliveries = st.lists(st.builds(Delivered, keys, st.sampled_from([0, 1, 2, 50, 160]), landings), max_size=6)
judgements = st.lists(
    st.builds(Judged, keys, st.sampled_from([None, 0, 1, 50, 400]), st.sampled_from([0, 3, 170]), landings), max_size=6
)


def lay_out(court: Court, delivered: list[Delivered], judged: list[Judged]) -> None:
    for landing in range(LANDINGS):
        hour = _landing_hour(landing)
        court.logs(*(request(d.key, _time(d.began)) for d in delivered if d.landed == landing), hour=hour)
        court.verdicts(
            *(
                verdict(
                    request_id=j.key, requested_at=... if j.hint is None else _time(j.hint), assessed_at=_time(j.given)
                )
                for j in judged
                if j.landed == landing
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
    again=st.lists(landings, max_size=2),
)
def test_verdicts_in_any_order_of_runs_are_given_to_every_hour_of_their_requests(
    tmp_path_factory: pytest.TempPathFactory,
    delivered: list[Delivered],
    judged: list[Judged],
    order: list[int],
    again: list[int],
) -> None:
    hours = sorted({HOUR + timedelta(hours=d.began) for d in delivered})
    found = []
    for runs in ([list(range(LANDINGS))], [[landing] for landing in [*order, *again]]):
        place = make_place(tmp_path_factory.mktemp("court"))
        court = Court(place)
        lay_out(court, delivered, judged)
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
            (j.key, j.landed)
            for j in judged
            if any(d.key == j.key and HOUR + timedelta(hours=d.began) == hour and _speaks_of(j, d) for d in delivered)
        )
        assert sorted((row[0], int(row[2].split("/")[-2]) - HOUR.hour) for row in found[0][hour]) == expected


def _speaks_of(judged: Judged, delivered: Delivered) -> bool:
    return delivered.began <= judged.given + 24 or (
        judged.hint is not None and abs(judged.hint - delivered.began) <= 7 * 24
    )


def test_a_verdict_finds_the_request_of_the_account_that_it_names(court: Court) -> None:
    court.logs(request(account_id="mine"), request(account_id="other", requested_at="2026-11-01T03:10:00Z"))
    court.verdicts(verdict(account_id="mine", requested_at=...), verdict(account_id="nobody's", requested_at=...))
    assert court.runs(HOUR) == (EARLIER, HOUR)
    (mine,) = court.place.rows("request_key, account_id")[1:]
    assert court.given(EARLIER, HOUR, select="request_key") == [(mine["request_key"],)]
    assert court.waiting() == 1


@pytest.mark.parametrize("hint", [..., "2026-11-01T05:10:00Z", "2026-11-01T05:30:00Z"])
def test_nobody_keeps_a_verdict_from_another_by_using_his_id(court: Court, hint: Any) -> None:
    court.logs(
        request(account_id="mine"),
        request(account_id="copier", requested_at="2026-11-01T03:10:00Z"),
        request(account_id="copier of the hour", requested_at="2026-11-01T05:20:00Z"),
    )
    court.land()
    court.verdicts(verdict(requested_at=hint), hour=LATER)
    court.land(LATER)
    spoken_of = {key for (key,) in court.given(EARLIER, HOUR, select="request_key")}
    accounts = {row["account_id"] for row in court.place.rows("*") if row["request_key"] in spoken_of}
    expected = {
        ...: {"mine", "copier", "copier of the hour"},
        "2026-11-01T05:10:00Z": {"mine"},
        "2026-11-01T05:30:00Z": {"mine", "copier of the hour"},
    }
    assert accounts == expected[hint]
    assert verdict_equation(court.place.inventory, LATER) == VerdictEquation(landed=1, placed=1, waiting=0, given_up=0)
