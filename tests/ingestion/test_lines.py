"""Lines of JSON lines files: each valid line lands with its line number, and each broken one is quarantined with its own."""

import gzip
import json

import pytest
from landing_place import Place, line

BROKEN = {
    "malformed_json": b'{"request_id": "x",\n',
    "malformed_json, lone CR between records": line(request_id="x").rstrip() + b"\r" + line(request_id="y"),
    "out_of_range, a number that is none": line(request_id="x", input_tokens=float("nan")),
    "not_an_object": b"[1, 2]\n",
    "not_an_object, text": b'"text"\n',
    "not_an_object, null": b"null\n",
    "invalid_encoding": line(request_id="caf").replace(b"caf", b"caf\xe9"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_line_is_quarantined_and_its_neighbours_land(place: Place, kind: str) -> None:
    place.put("part.jsonl", line(request_id="r1") + BROKEN[kind] + line(request_id="r3"))
    (file,) = place.land()
    assert place.ids() == ["r1", "r3"]
    assert place.reasons() == [(2, kind.partition(",")[0])]
    assert (file.records_read, file.landed_count, file.quarantined_count) == (3, 2, 1)


def test_a_line_of_180_kilobytes_lands(place: Place) -> None:
    long = line(meta={"tools": ["x" * 60] * 3_000, "attempts": 2})
    assert len(long) > 180_000
    (row,) = place.land_lines(long)
    assert json.loads(row["meta"])["attempts"] == 2


def test_a_hundred_thousand_nested_brackets_affect_no_other_line(place: Place) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    rows = place.land_lines(line(request_id="r1"), deep + b"\n", line(request_id="r3"))
    assert [row["request_id"] for row in rows] == ["r1", "r3"]
    assert place.reasons() == [(2, "not_an_object")]


def test_blank_lines_are_ignored_and_counted(place: Place) -> None:
    place.put("part.jsonl", b"\n" + line(request_id="r2") + b" \t\r\n\n" + line(request_id="r5") + b"\n")
    (file,) = place.land()
    assert (file.records_read, file.landed_count, file.ignored_count, file.quarantined_count) == (6, 2, 4, 0)
    assert [row["landing_line"] for row in place.rows()] == [2, 5]


def test_a_last_line_without_a_line_end_lands(place: Place) -> None:
    place.land_lines(line(request_id="r1"), line(request_id="r2").rstrip())
    assert place.ids() == ["r1", "r2"]


def test_windows_line_ends_and_a_byte_order_mark_are_ignored(place: Place) -> None:
    place.land_lines(
        b"\xef\xbb\xbf" + line(request_id="r1").replace(b"\n", b"\r\n") + line(request_id="r2").replace(b"\n", b"\r\n")
    )
    assert place.ids() == ["r1", "r2"]


def test_line_and_paragraph_separators_do_not_split_a_line(place: Place) -> None:
    (row,) = place.land_lines(line(trace_id="a\u2028b\u2029c\u0085d"))
    assert row["trace_id"] == "a\u2028b\u2029c\u0085d"


def test_line_numbers_continue_across_the_pieces_of_a_file(place: Place) -> None:
    pad = "x" * 3_000
    content = b"".join(line(request_id=f"r{number}", trace_id=pad) + b"\n" for number in range(1, 4_000))
    place.put("part.jsonl", content)
    (file,) = place.land()
    assert (file.records_read, file.landed_count, file.ignored_count) == (7_998, 3_999, 3_999)
    assert all(row["landing_line"] == 2 * int(row["request_id"][1:]) - 1 for row in place.rows())


def test_a_line_beyond_the_size_limit_is_quarantined_and_the_next_one_lands(place: Place) -> None:
    place.put(
        "part.jsonl.gz", gzip.compress(line(request_id="r1") + b"y" * (70 << 20) + b"\n" + line(request_id="r3"), 1)
    )
    place.land()
    assert place.ids() == ["r1", "r3"]
    assert place.reasons() == [(2, "line_too_long")]
    assert place.quarantine()[0][3] is None
