"""Verdicts on answers land from files like request logs do; a bad one is in quarantine with its reason."""

import gzip
import json
from decimal import Decimal

import duckdb
import pytest
from judging import VERDICT, Court, request, verdict
from landing_place import ALWAYS, HOUR, Place, at

LATER = at("2026-11-01T09:00")


@pytest.fixture
def court(place: Place) -> Court:
    return Court(place)


def test_a_verdict_lands_in_the_hour_of_its_request_with_all_that_it_says(court: Court) -> None:
    court.logs(request())
    court.verdicts(verdict())
    (file,) = court.land()
    assert (file.source, file.adapter, file.records_read, file.landed_count) == ("judge", "content_assessments", 1, 1)
    (part,) = court.place.inventory.assessment_parts(*ALWAYS)
    assert part.lake_part.startswith("content_assessments/request_date=2026-11-01/request_hour=05/")
    columns = (
        "source, request_id, requested_at, detector, detector_version, verdict, score, category, evidence, assessed_at"
    )
    assert court.given(
        HOUR, select=f"{columns}, landed_hour, landing_file, landing_line, request_date, request_hour"
    ) == [
        (
            *("gateway", "r1", at("2026-11-01T05:10"), "judge", "2", "unsatisfactory", Decimal("0.9500"), "off topic"),
            *('{"rubric":3}', at("2026-11-01T05:50"), HOUR, "landing/judge/2026-11-01/05/verdicts.jsonl", 1),
            *(HOUR.date(), 5),
        )
    ]


def test_what_a_verdict_need_not_say_may_be_absent(court: Court) -> None:
    optional = ("requested_at", "detector_version", "score", "category", "evidence")
    court.logs(request())
    court.verdicts(verdict(**dict.fromkeys(optional, ...)))
    court.land()
    assert court.given(HOUR, select=", ".join(optional)) == [(None,) * len(optional)]


BAD = {
    "no JSON": (b"{\n", "malformed_json"),
    "a list": (b"[]\n", "not_an_object"),
    "no gateway": (verdict(source=...), "missing_source"),
    "no request": (verdict(request_id=""), "missing_request_id"),
    "no detector": (verdict(detector=None), "missing_detector"),
    "no verdict": (verdict(verdict=...), "missing_verdict"),
    "another verdict": (verdict(verdict="bad"), "unknown_verdict"),
    "no time": (verdict(assessed_at=...), "missing_timestamp"),
    "a time in words": (verdict(assessed_at="yesterday"), "bad_timestamp"),
    "a time before gateways": (verdict(assessed_at="2022-12-31T23:59:59.999Z"), "bad_timestamp"),
    "a time to come": (verdict(assessed_at="2026-11-01T20:05:00.001Z"), "future_timestamp"),
    "a score above 1": (verdict(score=1.0001), "out_of_range"),
    "a score below 0": (verdict(score="-0.00001"), "out_of_range"),
    "a score in words": (verdict(score="high"), "wrong_type"),
    "an object for a name": (verdict(detector={"name": "judge"}), "wrong_type"),
}


@pytest.mark.parametrize("problem", BAD)
def test_a_bad_verdict_is_quarantined_with_its_reason_and_the_others_land(court: Court, problem: str) -> None:
    text, reason = BAD[problem]
    court.logs(request())
    court.verdicts(verdict(), text, b"\n", verdict(detector="other"))
    (file,) = court.land()
    assert court.place.reasons() == [(2, reason)]
    assert (file.records_read, file.landed_count, file.ignored_count, file.quarantined_count) == (4, 2, 1, 1)


GOOD = {
    "a score of 0": ({"score": 0}, Decimal(0)),
    "a score of 1": ({"score": "1"}, Decimal(1)),
    "a score just below a threshold": ({"score": 0.89999}, Decimal("0.8999")),
    "capitals": ({"verdict": "Unsatisfactory"}, Decimal("0.9500")),
    "the last moment of the landing hour in the farthest zone": (
        {"assessed_at": "2026-11-01T20:05:00Z"},
        Decimal("0.9500"),
    ),
    "a hint that is no time": ({"requested_at": "soon"}, Decimal("0.9500")),
}


@pytest.mark.parametrize("case", GOOD)
def test_verdicts_at_the_bounds_land(court: Court, case: str) -> None:
    changes, score = GOOD[case]
    court.logs(request())
    court.verdicts(verdict(**changes))
    court.land()
    assert court.given(HOUR, select="verdict, score") == [("unsatisfactory", score)]


def test_every_format_of_files_is_read(court: Court) -> None:
    columns = "source,request_id,detector,verdict,score,assessed_at"
    row = ("gateway", "r1", "csv", "satisfactory", "0.1", "2026-11-01T05:50:00Z")
    court.logs(request())
    court.verdicts(gzip.compress(verdict(detector="packed")), name="a.jsonl.gz")
    court.verdicts(json.dumps([VERDICT | {"detector": "document"}]).encode(), name="b.json")
    court.verdicts(f"{columns}\n{','.join(row)}\n".encode(), name="c.csv")
    parquet = court.verdicts(name="d.parquet")
    duckdb.sql(
        "select 'gateway' as source, 'r1' as request_id, 'parquet' as detector, 'inconclusive' as verdict,"
        " 0.5::decimal(5, 4) as score, timestamptz '2026-11-01 05:50:00Z' as assessed_at"
    ).write_parquet(str(parquet))
    court.land()
    assert court.given(HOUR, select="detector") == [("csv",), ("document",), ("packed",), ("parquet",)]


def test_keys_and_answers_are_taken_out_before_anything_is_written(court: Court) -> None:
    court.logs(request("sk-live-1234567890abcdef"))
    court.verdicts(
        verdict(
            request_id="sk-live-1234567890abcdef",
            detector="judge sk-live-1234567890abcdef",
            category="Bearer abcdefghijkl",
            evidence={"answer": "the secret answer", "password": "hunter22", "score": 3},
        ),
        verdict(evidence='the prompt: "it was" and Bearer abcdefghijkl', verdict="bad"),
    )
    court.land()
    assert len(court.given(HOUR)) == 1
    stored = court.place.stored_bytes()
    for secret in (b"1234567890abcdef", b"abcdefghijkl", b"the secret answer", b"hunter22"):
        assert secret not in stored


def test_a_file_that_lands_again_replaces_its_verdicts_and_its_old_hours_are_derived_again(court: Court) -> None:
    court.logs(request("r1"), request("r2", "2026-11-01T03:10:00Z"))
    court.verdicts(verdict(request_id="r1"), hour=LATER)
    assert court.runs(HOUR, LATER) == (at("2026-11-01T03:00"), HOUR)
    court.verdicts(verdict(request_id="r2", requested_at=...), hour=LATER)
    assert court.runs(LATER) == (at("2026-11-01T03:00"), HOUR)
    assert court.given(*court.hours(), HOUR, select="request_id") == [("r2",)]


def test_landing_again_changes_nothing(court: Court) -> None:
    court.logs(request())
    court.verdicts(verdict(), verdict(request_id="unknown"))
    court.land()
    before = (court.place.inventory.assessment_parts(*ALWAYS), court.place.inventory.unplaced_parts())
    assert court.land() == []
    assert (court.place.inventory.assessment_parts(*ALWAYS), court.place.inventory.unplaced_parts()) == before


def test_a_feed_that_lands_nothing_leaves_the_inputs_empty(court: Court) -> None:
    court.logs(request())
    court.land()
    assert court.given(HOUR) == []
    assert court.given() == []
