"""JSON documents, CSV and Parquet files: every record lands with its exact values, and a broken one is quarantined."""

import json
from pathlib import Path

import pytest
from landing_place import Place, line, record
from written_files import csv_text, parquet

DOCUMENTS = {
    "one object over several lines": (json.dumps(record(request_id="r1"), indent=2), ["r1"]),
    "an array": (json.dumps([record(request_id="r1"), record(request_id="r2")]), ["r1", "r2"]),
    "an array over several lines": (
        json.dumps([record(request_id="r1"), record(request_id="r2")], indent=1),
        ["r1", "r2"],
    ),
    "objects one after the other": (
        json.dumps(record(request_id="r1"), indent=1) + "\n" + json.dumps(record(request_id="r2"), indent=1),
        ["r1", "r2"],
    ),
    "lines": (json.dumps(record(request_id="r1")) + "\n" + json.dumps(record(request_id="r2")) + "\n", ["r1", "r2"]),
    "an empty array": ("[ ]", []),
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_json_file_may_hold_a_document_or_lines(place: Place, kind: str) -> None:
    text, expected = DOCUMENTS[kind]
    place.put("part.json", text.encode())
    (file,) = place.land()
    assert place.ids() == expected
    assert file.records_read == len(expected)


def test_numbers_in_a_document_land_with_all_their_digits(place: Place) -> None:
    text = json.dumps([record()], indent=1).replace('"0.001"', "123456.123456789012")
    place.put("part.json", text.encode())
    place.land()
    assert [str(row["cost_usd"]) for row in place.rows()] == ["123456.123456789012"]


def test_valid_lines_of_a_json_file_land_even_if_the_first_line_is_broken(place: Place) -> None:
    place.put("part.json", b'{"a": \n' + line(request_id="r2"))
    place.land()
    assert (place.ids(), place.reasons()) == (["r2"], [(1, "malformed_json")])


def test_csv_rows_of_the_wrong_length_are_quarantined(place: Place) -> None:
    content = csv_text(record(request_id="r1"), record(request_id="r3"), record(request_id="r4"))
    rows = content.splitlines(keepends=True)
    rows.insert(2, b"r2,a1,2026-11-01T05:10:00Z\r\n")
    rows.insert(4, rows[3].rstrip() + b",more\r\n")
    place.put("part.csv", b"".join(rows))
    place.land()
    assert place.ids() == ["r1", "r3", "r4"]
    assert place.reasons() == [(2, "malformed_csv"), (4, "malformed_csv")]


def test_csv_fields_may_contain_line_ends_json_and_unknown_columns(place: Place) -> None:
    place.put("part.csv", csv_text(record(trace_id="a\nb", meta='{"route": 7}', region="eu")))
    place.land()
    (row,) = place.rows()
    assert row["trace_id"] == "a\u240ab"
    assert json.loads(row["meta"]) == {"route": 7, "region": "eu"}


def test_csv_bytes_that_are_not_utf8_are_quarantined(place: Place) -> None:
    place.put("part.csv", csv_text(record(request_id="r1"), record(request_id="caf")).replace(b"caf", b"caf\xe9"))
    place.land()
    assert (place.ids(), place.reasons()) == (["r1"], [(2, "invalid_encoding")])


def test_parquet_keeps_nested_values_and_exact_decimals(place: Place, tmp_path: Path) -> None:
    select = (
        "select 'r1' as request_id, timestamptz '2026-11-01 05:10:00.1239+00' as requested_at, 'm' as model,"
        " 123456.123456789012::decimal(18, 12) as cost_usd, 7::integer as input_tokens, true as streamed,"
        " {'headers': {'a': 4}} as meta, [1, 2] as tags, null::varchar as provider"
    )
    place.put("part.parquet", parquet(tmp_path, select))
    place.land()
    (row,) = place.rows()
    assert str(row["cost_usd"]) == "123456.123456789012"
    assert (row["input_tokens"], row["streamed"], row["provider"]) == (7, True, None)
    assert row["requested_at"].microsecond == 123_000
    assert json.loads(row["meta"]) == {"headers": {"a": 4}, "tags": [1, 2]}
