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
def judge_place(place: Place) -> Court:
    return Court(place)


HINTS: dict[str, Any] = {
    "right": "2026-11-01T03:10:00Z",
    "an hour off": "2026-11-01T04:10:00Z",
    "weeks off": "2026-10-01T00:00:00Z",
    "absent": ...,
}


@pytest.mark.parametrize("hint", HINTS)
def test_a_verdict_is_matched_by_key_whatever_its_hint_says(judge_place: Court, hint: str) -> None:
    judge_place.logs(request("r1", "2026-11-01T03:10:00Z"), request("r2", "2026-11-01T04:10:00Z"))
    judge_place.land()
    judge_place.verdicts(verdict(requested_at=HINTS[hint], assessed_at="2026-11-01T09:00:00Z"), hour=LATER)
    assert judge_place.runs(LATER) == (EARLIER,)
    assert judge_place.given(EARLIER, select="request_id") == [("r1",)]
    assert judge_place.waiting() == 0


def test_a_late_verdict_makes_a_run_derive_only_the_hour_of_its_request(judge_place: Court) -> None:
    for hours in range(6):
        moment = HOUR + timedelta(hours=hours)
        judge_place.logs(request(f"r{hours}", f"{moment:%FT%T}Z"), hour=moment)
        judge_place.land(moment)
    judge_place.verdicts(
        verdict(request_id="r2", requested_at=..., assessed_at="2026-11-09T05:00:00Z"), hour=HOUR + 8 * DAYS
    )
    assert judge_place.runs(HOUR + 8 * DAYS) == (HOUR + timedelta(hours=2),)


def test_a_verdict_with_another_source_does_not_match_the_request(judge_place: Court) -> None:
    judge_place.logs(request("r1"))
    judge_place.verdicts(verdict(source="other"))
    assert judge_place.runs(HOUR) == (HOUR,)
    assert judge_place.given(HOUR) == []
    assert judge_place.waiting() == 1


def test_a_verdict_waits_until_its_request_lands(judge_place: Court) -> None:
    judge_place.verdicts(verdict(), verdict(request_id="r2"))
    assert judge_place.runs(HOUR) == ()
    assert judge_place.waiting() == 2
    judge_place.logs(request("r1"), hour=LATER)
    assert judge_place.runs(LATER) == (HOUR,)
    assert judge_place.given(HOUR, select="request_id") == [("r1",)]
    assert judge_place.waiting() == 1


@pytest.mark.parametrize(("wait", "found"), [(PATIENCE, 1), (PATIENCE + timedelta(days=1), 0)])
def test_a_verdict_waits_30_days_and_no_longer(judge_place: Court, wait: timedelta, found: int) -> None:
    judge_place.verdicts(verdict())
    judge_place.land()
    judge_place.logs(request(), hour=HOUR + wait)
    judge_place.land(HOUR + wait)
    assert (len(judge_place.given(HOUR)), judge_place.waiting()) == (found, 1 - found)
    assert verdict_equation(judge_place.place.inventory, HOUR + wait) == VerdictEquation(
        landed=1, placed=found, waiting=0, given_up=1 - found
    )


@pytest.mark.parametrize(("hint", "found"), [(..., 0), ("2026-10-25T05:10:00Z", 1), ("2026-10-25T05:09:59.999Z", 0)])
def test_a_request_older_than_30_days_is_found_by_a_hint_within_7_days(
    judge_place: Court, hint: Any, found: int
) -> None:
    judge_place.logs(request())
    judge_place.land()
    late = HOUR + 60 * DAYS
    judge_place.verdicts(verdict(requested_at=hint, assessed_at=f"{late:%FT%T}Z"), hour=late)
    assert judge_place.runs(late) == ((HOUR,) if found else ())


def test_a_verdict_refers_to_the_latest_earlier_request_that_used_its_request_id(judge_place: Court) -> None:
    for days in (0, 10, 20):
        moment = HOUR + days * DAYS
        judge_place.logs(request("r1", f"{moment:%FT%T}Z"), hour=moment)
        judge_place.land(moment)
    landed = HOUR + 21 * DAYS
    judge_place.verdicts(verdict(requested_at=..., assessed_at=f"{HOUR + 12 * DAYS:%FT%T}Z"), hour=landed)
    assert judge_place.runs(landed) == (HOUR + 10 * DAYS,)


def test_a_verdict_is_an_input_of_both_hours_of_a_request_that_moved(judge_place: Court) -> None:
    judge_place.logs(request("r1", "2026-11-01T05:10:00Z"))
    judge_place.verdicts(verdict())
    judge_place.land()
    judge_place.logs(request("r1", "2026-11-01T03:10:00Z"), hour=LATER)
    assert judge_place.runs(LATER) == (EARLIER, HOUR)
    assert len(judge_place.given(EARLIER)) == len(judge_place.given(HOUR)) == 1
    judge_place.logs(request("r2", "2026-11-01T03:20:00Z"), hour=LATER, name="other.jsonl")
    judge_place.land(LATER)
    assert len(judge_place.given(EARLIER)) == 1


def test_a_verdict_follows_a_request_that_a_corrected_file_moves_to_another_hour(judge_place: Court) -> None:
    judge_place.logs(request("r1", "2026-11-01T05:10:00Z"))
    judge_place.verdicts(verdict())
    judge_place.land()
    judge_place.logs(request("r1", "2026-11-01T03:10:00Z"))
    assert judge_place.runs(HOUR) == (EARLIER, HOUR)
    assert len(judge_place.given(EARLIER)) == 1


def test_verdicts_of_a_run_interrupted_between_landing_and_placing_are_placed_by_the_next_run(
    judge_place: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge_place.logs(request())
    judge_place.verdicts(verdict(), verdict(request_id="unknown"))
    with monkeypatch.context() as patch:
        patch.setattr(judge_place.place.inventory, "move", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            judge_place.land()
    assert (judge_place.hours(), judge_place.waiting()) == ([], 2)
    assert judge_place.runs(HOUR) == (HOUR,)
    assert (len(judge_place.given(HOUR)), judge_place.waiting()) == (1, 1)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_waiting_verdicts_of_a_day_are_stored_in_one_part(judge_place: Court) -> None:
    for hours in range(4):
        moment = HOUR + timedelta(hours=hours)
        judge_place.verdicts(verdict(request_id=f"unknown-{hours}"), hour=moment)
        judge_place.land(moment)
    parts = judge_place.place.inventory.unplaced_parts()
    assert (len({part.lake_part for part in parts}), judge_place.waiting()) == (1, 4)
    assert len(list(judge_place.place.lake.glob("content_assessments/**/*.parquet"))) == 1


def test_the_input_digest_of_an_hour_changes_with_its_verdicts(judge_place: Court) -> None:
    judge_place.logs(request())
    judge_place.land()
    before = window.input_digests([HOUR], judge_place.place.inventory)
    judge_place.verdicts(verdict(), hour=LATER)
    judge_place.land(LATER)
    assert window.input_digests([HOUR], judge_place.place.inventory) != before


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


def write_landing_files(judge_place: Court, delivered: list[Delivery], judged: list[Judgement]) -> None:
    for landing in range(LANDINGS):
        hour = _landing_hour(landing)
        judge_place.logs(
            *(request(delivery.key, _time(delivery.started)) for delivery in delivered if delivery.landed == landing),
            hour=hour,
        )
        judge_place.verdicts(
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
        place = make_place(tmp_path_factory.mktemp("judge_place"))
        judge_place = Court(place)
        write_landing_files(judge_place, delivered, judged)
        for landings_of_run in runs:
            judge_place.runs(*map(_landing_hour, landings_of_run))
        found.append(
            {
                hour: judge_place.given(hour, select="request_id, assessed_at, landing_file, landing_line")
                for hour in hours
            }
        )
        digests = window.input_digests(hours, place.inventory)
        found[-1] |= {"digests": digests, "waiting": judge_place.waiting()}
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


def test_a_verdict_finds_the_request_of_the_account_that_it_names(judge_place: Court) -> None:
    judge_place.logs(request(account_id="mine"), request(account_id="other", requested_at="2026-11-01T03:10:00Z"))
    judge_place.verdicts(verdict(account_id="mine", requested_at=...), verdict(account_id="nobody's", requested_at=...))
    assert judge_place.runs(HOUR) == (EARLIER, HOUR)
    (mine,) = judge_place.place.rows("request_key, account_id")[1:]
    assert judge_place.given(EARLIER, HOUR, select="request_key") == [(mine["request_key"],)]
    assert judge_place.waiting() == 1


@pytest.mark.parametrize("hint", [..., "2026-11-01T05:10:00Z", "2026-11-01T05:30:00Z"])
def test_another_account_that_reuses_a_request_id_cannot_take_its_verdict_away(judge_place: Court, hint: Any) -> None:
    judge_place.logs(
        request(account_id="mine"),
        request(account_id="copier", requested_at="2026-11-01T03:10:00Z"),
        request(account_id="copier of the hour", requested_at="2026-11-01T05:20:00Z"),
    )
    judge_place.land()
    judge_place.verdicts(verdict(requested_at=hint), hour=LATER)
    judge_place.land(LATER)
    matched_keys = {key for (key,) in judge_place.given(EARLIER, HOUR, select="request_key")}
    accounts = {row["account_id"] for row in judge_place.place.rows("*") if row["request_key"] in matched_keys}
    expected = {
        ...: {"mine", "copier", "copier of the hour"},
        "2026-11-01T05:10:00Z": {"mine"},
        "2026-11-01T05:30:00Z": {"mine", "copier of the hour"},
    }
    assert accounts == expected[hint]
    assert verdict_equation(judge_place.place.inventory, LATER) == VerdictEquation(
        landed=1, placed=1, waiting=0, given_up=0
    )
