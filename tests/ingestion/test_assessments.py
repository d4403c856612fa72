"""Landing of verdicts: they land from files as request logs do, and a faulty one is quarantined with its reason."""

import gzip
import json
from decimal import Decimal

import duckdb
import pytest
from judging import VERDICT, JudgedHome, request, verdict
from landing_place import ALWAYS, HOUR, Place, at

LATER = at("2026-11-01T09:00")


@pytest.fixture
def home(place: Place) -> JudgedHome:
    return JudgedHome(place)


def test_a_verdict_lands_in_the_hour_of_its_request_with_all_its_fields(home: JudgedHome) -> None:
    home.write_logs(request())
    home.write_verdicts(verdict())
    (file,) = home.land()
    assert (file.source, file.adapter, file.records_read, file.landed_count) == ("judge", "content_assessments", 1, 1)
    (part,) = home.place.inventory.assessment_parts(*ALWAYS)
    assert part.lake_part.startswith("content_assessments/request_date=2026-11-01/request_hour=05/")
    columns = (
        "source, request_id, requested_at, detector, detector_version, verdict, score, category, evidence, assessed_at"
    )
    assert home.input_verdicts(
        HOUR, select=f"{columns}, landed_hour, landing_file, landing_line, request_date, request_hour"
    ) == [
        (
            *("gateway", "r1", at("2026-11-01T05:10"), "judge", "2", "unsatisfactory", Decimal("0.9500"), "off topic"),
            *('{"rubric":3}', at("2026-11-01T05:50"), HOUR, "landing/judge/2026-11-01/05/verdicts.jsonl", 1),
            *(HOUR.date(), 5),
        )
    ]


def test_optional_fields_of_a_verdict_may_be_absent(home: JudgedHome) -> None:
    optional = ("requested_at", "detector_version", "score", "category", "evidence")
    home.write_logs(request())
    home.write_verdicts(verdict(**dict.fromkeys(optional, ...)))
    home.land()
    assert home.input_verdicts(HOUR, select=", ".join(optional)) == [(None,) * len(optional)]


BAD = {
    "no JSON": (b"{\n", "malformed_json"),
    "a list": (b"[]\n", "not_an_object"),
    "no gateway": (verdict(source=...), "missing_source"),
    "no request": (verdict(request_id=""), "missing_request_id"),
    "no detector": (verdict(detector=None), "missing_detector"),
    "no verdict": (verdict(verdict=...), "missing_verdict"),
    "an unknown verdict": (verdict(verdict="bad"), "unknown_verdict"),
    "no time": (verdict(assessed_at=...), "missing_timestamp"),
    "a time in words": (verdict(assessed_at="yesterday"), "bad_timestamp"),
    "a time before gateways": (verdict(assessed_at="2022-12-31T23:59:59.999Z"), "bad_timestamp"),
    "a time in the future": (verdict(assessed_at="2026-11-01T20:05:00.001Z"), "future_timestamp"),
    "a score above 1": (verdict(score=1.0001), "out_of_range"),
    "a score below 0": (verdict(score="-0.00001"), "out_of_range"),
    "a score in words": (verdict(score="high"), "wrong_type"),
    "an object as detector name": (verdict(detector={"name": "judge"}), "wrong_type"),
}


@pytest.mark.parametrize("problem", BAD)
def test_a_faulty_verdict_is_quarantined_with_its_reason_and_the_others_land(home: JudgedHome, problem: str) -> None:
    text, reason = BAD[problem]
    home.write_logs(request())
    home.write_verdicts(verdict(), text, b"\n", verdict(detector="other"))
    (file,) = home.land()
    assert home.place.reasons() == [(2, reason)]
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
    "an invalid time of the request": ({"requested_at": "soon"}, Decimal("0.9500")),
}


@pytest.mark.parametrize("case", GOOD)
def test_verdicts_with_values_at_the_limits_land(home: JudgedHome, case: str) -> None:
    changes, score = GOOD[case]
    home.write_logs(request())
    home.write_verdicts(verdict(**changes))
    home.land()
    assert home.input_verdicts(HOUR, select="verdict, score") == [("unsatisfactory", score)]


def test_verdicts_are_read_from_every_file_format(home: JudgedHome) -> None:
    columns = "source,request_id,detector,verdict,score,assessed_at"
    row = ("gateway", "r1", "csv", "satisfactory", "0.1", "2026-11-01T05:50:00Z")
    home.write_logs(request())
    home.write_verdicts(gzip.compress(verdict(detector="packed")), name="a.jsonl.gz")
    home.write_verdicts(json.dumps([VERDICT | {"detector": "document"}]).encode(), name="b.json")
    home.write_verdicts(f"{columns}\n{','.join(row)}\n".encode(), name="c.csv")
    parquet = home.write_verdicts(name="d.parquet")
    duckdb.sql(
        "select 'gateway' as source, 'r1' as request_id, 'parquet' as detector, 'inconclusive' as verdict,"
        " 0.5::decimal(5, 4) as score, timestamptz '2026-11-01 05:50:00Z' as assessed_at"
    ).write_parquet(str(parquet))
    home.land()
    assert home.input_verdicts(HOUR, select="detector") == [("csv",), ("document",), ("packed",), ("parquet",)]


def test_keys_and_content_are_removed_before_anything_is_written(home: JudgedHome) -> None:
    home.write_logs(request("sk-live-1234567890abcdef"))
    home.write_verdicts(
        verdict(
            request_id="sk-live-1234567890abcdef",
            detector="judge sk-live-1234567890abcdef",
            category="Bearer abcdefghijkl",
            evidence={"answer": "the secret answer", "password": "hunter22", "score": 3},
        ),
        verdict(evidence='the prompt: "it was" and Bearer abcdefghijkl', verdict="bad"),
    )
    home.land()
    assert len(home.input_verdicts(HOUR)) == 1
    stored = home.place.stored_bytes()
    for secret in (b"1234567890abcdef", b"abcdefghijkl", b"the secret answer", b"hunter22"):
        assert secret not in stored


def test_a_changed_file_replaces_its_verdicts_and_its_old_hours_are_derived_again(home: JudgedHome) -> None:
    home.write_logs(request("r1"), request("r2", "2026-11-01T03:10:00Z"))
    home.write_verdicts(verdict(request_id="r1"), hour=LATER)
    assert home.land_and_plan(HOUR, LATER) == (at("2026-11-01T03:00"), HOUR)
    home.write_verdicts(verdict(request_id="r2", requested_at=...), hour=LATER)
    assert home.land_and_plan(LATER) == (at("2026-11-01T03:00"), HOUR)
    assert home.input_verdicts(*home.verdict_hours(), HOUR, select="request_id") == [("r2",)]


def test_landing_again_changes_nothing(home: JudgedHome) -> None:
    home.write_logs(request())
    home.write_verdicts(verdict(), verdict(request_id="unknown"))
    home.land()
    before = (home.place.inventory.assessment_parts(*ALWAYS), home.place.inventory.unplaced_parts())
    assert home.land() == []
    assert (
        home.place.inventory.assessment_parts(*ALWAYS),
        home.place.inventory.unplaced_parts(),
    ) == before


def test_the_inputs_have_no_verdicts_if_none_landed(home: JudgedHome) -> None:
    home.write_logs(request())
    home.land()
    assert home.input_verdicts(HOUR) == []
    assert home.input_verdicts() == []
