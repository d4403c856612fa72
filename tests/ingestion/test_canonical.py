"""Landing of canonical records: each column has the reported value, and times, amounts and words are normalized."""

import json
import re
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_place import HOUR, Place, at, line

from makegood.ingestion.canonical import COLUMNS
from makegood.ingestion.transforming import HERE, LARGEST_COST_USD

FULL = {
    "request_id": "req-1", "trace_id": "t", "gateway_call_id": "c", "account_id": "a", "api_key_ref": "k",
    "requested_at": "2026-11-01T05:10:00.123Z", "completed_at": "2026-11-01T05:10:02.5Z", "model": "m/x", "model_served": "x-1",
    "provider": "p", "input_tokens": 1, "output_tokens": 2, "cached_tokens": 0, "reasoning_tokens": 1, "cost_usd": "0.25",
    "cache_hit": False, "latency_ms": 99, "ttft_ms": 7, "streamed": True, "cancelled": False, "finish_reason": "STOP",
    "native_finish_reason": "end_turn", "status_code": 200, "error_code": "e", "error_message": "oh", "max_output_tokens": 5,
    "operation": "chat", "native_operation": "acompletion", "cache_write_tokens": 3, "cache_write_1h_tokens": 1,
    "list_cost_usd": "0.3", "discount_usd": "0.05", "has_answer": True, "is_answer_withheld": False, "error_origin": "upstream",
    "meta": {"a": [1]},
}  # fmt: skip


def test_every_column_has_the_reported_value(place: Place) -> None:
    (row,) = place.land_lines(json.dumps(FULL).encode())
    (file,) = place.inventory.files_of_hours([HOUR])
    assert list(row) == list(COLUMNS)
    assert re.fullmatch("[0-9a-f]{32}", row["request_key"])
    assert row.pop("key_hash") == int(row.pop("request_key")[:16], 16)
    assert row.pop("id_hash") > 0
    assert row == {
        **FULL,
        "source": "gateway",
        "requested_at": at("2026-11-01T05:10:00.123"),
        "completed_at": at("2026-11-01T05:10:02.500"),
        "cost_usd": Decimal("0.250000000000"),
        "cost_basis": "billed",
        "list_cost_usd": Decimal("0.300000000000"),
        "discount_usd": Decimal("0.050000000000"),
        "latency_ms": 2377,
        "finish_reason": "stop",
        "status_code": "200",
        "meta": '{"a":[1]}',
        "landed_hour": HOUR,
        "landing_file": file.landing_file,
        "landing_line": 1,
        "needs_overlap": False,
    }


def test_parts_have_the_declared_types(place: Place) -> None:
    place.land_lines(line())
    (part,) = place.inventory.current_parts(HOUR, HOUR + timedelta(hours=1))
    with duckdb.connect() as con:
        described = con.execute(
            "describe select * from read_parquet(?, hive_partitioning = false)", [str(place.lake / part.lake_part)]
        )
        assert {name: kind for name, kind, *_ in described.fetchall()} == COLUMNS


def test_what_is_not_reported_is_null_and_never_zero(place: Place) -> None:
    (row,) = place.land_lines(
        json.dumps({"request_id": "r", "requested_at": "2026-11-01T05:00:00Z", "model": "m"}).encode()
    )
    reported = {
        "source",
        "request_id",
        "account_id",
        "operation",
        "requested_at",
        "model",
        "cost_basis",
        "is_answer_withheld",
        "landed_hour",
        "landing_file",
        "landing_line",
        "request_key",
        "needs_overlap",
        "key_hash",
        "id_hash",
    }
    assert {name for name, value in row.items() if value is not None} == reported
    assert (row["account_id"], row["operation"], row["cost_basis"]) == ("unknown", "chat", "absent")
    assert row["is_answer_withheld"] is False


def test_json_null_counts_as_not_reported(place: Place) -> None:
    (row,) = place.land_lines(line(**dict.fromkeys(FULL.keys() - {"request_id", "requested_at", "model"})))
    assert (row["account_id"], row["cost_usd"], row["meta"], row["latency_ms"]) == ("unknown", None, None, None)


UNKNOWN_FIELDS = {
    "no meta": ({"region": "eu", "n": {"x": 1}}, {"region": "eu", "n": {"x": 1}}),
    "beside meta": ({"region": "eu", "meta": {"a": 1}}, {"a": 1, "region": "eu"}),
    "an unknown field wins over the same key in meta": ({"region": "eu", "meta": {"region": "us"}}, {"region": "eu"}),
    "a meta that is no object": ({"region": "eu", "meta": [1]}, {"meta": [1], "region": "eu"}),
    "a meta in a string, with an escape in a name": (
        {"region": "eu", "meta": '{"\\u0072egion": "us"} '},
        {"region": "eu"},
    ),
    "names with dots, and names that are none": ({"a.b": 1, 'c"d': 2, "": 3}, {"a.b": 1, "[names not kept]": 2}),
}


@pytest.mark.parametrize("kind", UNKNOWN_FIELDS)
def test_unknown_fields_go_to_meta(place: Place, kind: str) -> None:
    fields, meta = UNKNOWN_FIELDS[kind]
    (row,) = place.land_lines(line(**fields))
    assert json.loads(row["meta"]) == meta


@pytest.mark.parametrize("kind", UNKNOWN_FIELDS)
def test_meta_does_not_depend_on_the_position_of_the_record_in_its_file(place: Place, kind: str) -> None:
    record = line(**UNKNOWN_FIELDS[kind][0])
    (alone,) = place.land_lines(record)
    *_, last = place.land_lines(*(line(request_id=f"other-{number}") for number in range(300)), record)
    assert last["meta"] == alone["meta"]


def test_a_source_field_in_the_record_does_not_override_its_source(place: Place) -> None:
    (row,) = place.land_lines(line(source="somebody else"))
    assert (row["source"], row["meta"]) == ("gateway", None)


MONEY = {
    '"0.1"': "0.100000000000",
    "0.1": "0.100000000000",
    "0": "0.000000000000",
    "1.0199999999999999e-05": "0.000010200000",
    "8e-08": "0.000000080000",
    '"1.5E2"': "150.000000000000",
    "123456.123456789012": "123456.123456789012",
    "999999.999999999999": "999999.999999999999",
    '"999999.9999999999994"': "999999.999999999999",
    "0.0000000000005": "0.000000000000",
    "0.0000000000015": "0.000000000002",
    "0.0000000000025": "0.000000000002",
    "0.00000000000250000001": "0.000000000003",
    "100000.0000000000005": "100000.000000000000",
    "100000.0000000000015": "100000.000000000002",
}


@pytest.mark.parametrize("written", MONEY)
def test_amounts_are_read_exactly_and_rounded_half_even(place: Place, written: str) -> None:
    (row,) = place.land_lines(line(meta={"cost_usd": 7}).replace(b'"0.001"', written.encode()))
    assert f"{row['cost_usd']:f}" == MONEY[written]


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(st.decimals("0", "999999.999999999999", places=16, allow_nan=False))
def test_any_cost_is_rounded_half_even_as_in_python(amount: Decimal) -> None:
    with duckdb.connect() as con:
        con.execute((HERE / "macros.sql").read_text())
        record = f'{{"cost_usd": {amount:f}}}'
        row = con.execute(
            "select money_usd(number_text(record, 'cost_usd', record -> 'cost_usd')) from (select $record::json as record)",
            {"record": record},
        ).fetchone()
    expected = amount.quantize(Decimal("1e-12"), ROUND_HALF_EVEN)
    assert row == (expected if expected < LARGEST_COST_USD else None,)


TIMES = {
    "2026-11-01T05:10:00.1239Z": at("2026-11-01T05:10:00.123"),
    "2026-11-01T05:10:00": at("2026-11-01T05:10"),
    "2026-11-01 05:10:00.5": at("2026-11-01T05:10:00.500"),
    "2026-11-01T07:10:00+02:00": at("2026-11-01T05:10"),
    "2026-10-31T23:40:00-05:30": at("2026-11-01T05:10"),
    1793509800: at("2026-11-01T05:10"),
    1793509800.1239: at("2026-11-01T05:10:00.123"),
    "1793509800.123999": at("2026-11-01T05:10:00.123"),
    1793509800123: at("2026-11-01T05:10:00.123"),
    1793509800123456: at("2026-11-01T05:10:00.123"),
    1793509800123456789: at("2026-11-01T05:10:00.123"),
}


@pytest.mark.parametrize("written", TIMES)
def test_times_are_converted_to_utc_and_truncated_to_milliseconds(place: Place, written: object) -> None:
    (row,) = place.land_lines(line(requested_at=written, completed_at=...))
    assert row["requested_at"] == TIMES[written]


def test_whole_numbers_are_read_in_every_notation(place: Place) -> None:
    (row,) = place.land_lines(line(input_tokens="12", output_tokens=3.0, cached_tokens=1e3, reasoning_tokens="4.0"))
    assert [row[f"{kind}_tokens"] for kind in ("input", "output", "cached", "reasoning")] == [12, 3, 1000, 4]


def test_a_reported_latency_is_used_if_the_end_time_is_missing(place: Place) -> None:
    rows = place.land_lines(line(latency_ms=7), line(completed_at=..., latency_ms=7))
    assert [row["latency_ms"] for row in rows] == [2500, 7]


def test_only_streams_have_a_time_to_first_token(place: Place) -> None:
    rows = place.land_lines(*(line(ttft_ms=5, streamed=streamed) for streamed in (True, False, None)))
    assert [row["ttft_ms"] for row in rows] == [5, None, None]


FINISHES = {
    "stop": "stop", "STOP": "stop", "end_turn": "stop", "eos": "stop", "COMPLETE": "stop", "MAX_TOKENS": "length",
    "length": "length", "tool_use": "tool_calls", "function_call": "tool_calls", "SAFETY": "content_filter",
    "refusal": "content_filter", "guardrail_intervened": "content_filter", "error": "error", "cancelled": "cancelled",
    "something new": "other",
}  # fmt: skip


def test_finish_reasons_are_normalized_and_the_native_word_is_kept(place: Place) -> None:
    rows = place.land_lines(*(line(finish_reason=native) for native in FINISHES))
    assert [(row["native_finish_reason"], row["finish_reason"]) for row in rows] == list(FINISHES.items())


def test_equal_keys_have_equal_hashes_and_other_sources_have_other_keys(place: Place) -> None:
    rows = place.land_lines(line(request_id="r1"), line(request_id="r1", model="n"), line(request_id="r2"))
    hashes = [row["key_hash"] for row in rows]
    assert hashes[0] == hashes[1] != hashes[2]
