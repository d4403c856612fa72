"""Every kind of file, good or broken: its good records land, each other one is quarantined with its place and reason."""

import bz2
import csv
import gzip
import io
import json
import lzma
import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import zstandard
from landing_place import Place, line, record

from makegood.ingestion import unpacking

Pack = Callable[[bytes], bytes]
PACKINGS: dict[str, Pack] = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


def ids(place: Place) -> list[str]:
    return [row["request_id"] for row in place.rows("request_id, landing_line")]


def many(count: int) -> bytes:
    return b"".join(line(request_id=f"r{number}") for number in range(count))


def parquet(tmp_path: Path, select: str) -> bytes:
    file = tmp_path / "written.parquet"
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"copy ({select}) to '{file}' (format parquet)")
    return file.read_bytes()


def csv_text(*rows: dict[str, object]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("kind", ["jsonl", "ndjson", "json", "csv", "parquet"])
def test_every_format_lands_in_every_packing(place: Place, tmp_path: Path, kind: str, packing: str) -> None:
    first, second = record(request_id="r1"), record(request_id="r2", cost_usd="0.123456789012")
    content = {
        "jsonl": line(**first) + line(**second),
        "ndjson": line(**first) + line(**second),
        "json": json.dumps([first, second], indent=2).encode(),
        "csv": csv_text(first, second),
        "parquet": parquet(
            tmp_path,
            f"select * replace (cost_usd::decimal(18, 12) as cost_usd) from (values {tuple(first.values())}, "
            f"{tuple(second.values())}) as t ({', '.join(first)})",
        ),
    }[kind]
    place.put(f"part.{kind}{packing}", PACKINGS[packing](content))
    (file,) = place.land()
    assert (file.records_read, file.landed_count, file.quarantined_count) == (2, 2, 0)
    rows = place.rows("request_id, landing_line, cost_usd::varchar as cost, latency_ms")
    assert [tuple(row.values()) for row in rows] == [
        ("r1", 1, "0.001000000000", 2500),
        ("r2", 2, "0.123456789012", 2500),
    ]


def test_uppercase_endings_are_known(place: Place) -> None:
    place.put("PART.JSONL.GZ", gzip.compress(line()))
    place.land()
    assert ids(place) == ["r1"]


def test_an_unknown_format_is_quarantined_as_one_record(place: Place) -> None:
    place.put("part.xlsx", b"PK\x03\x04")
    (file,) = place.land()
    assert (file.records_read, file.quarantined_count) == (1, 1)
    assert place.reasons() == [(1, "unknown_format")]


def test_an_empty_file_holds_no_record_and_does_not_come_back(place: Place) -> None:
    place.put("part.jsonl", b"")
    (file,) = place.land()
    assert file.records_read == 0
    assert place.land() == []


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_a_packed_file_without_a_byte_is_truncated(place: Place, packing: str) -> None:
    place.put(f"part.jsonl{packing}", b"")
    place.land()
    assert place.reasons() == [(1, "truncated_file")]


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_a_truncated_file_keeps_the_lines_before_its_end(place: Place, packing: str) -> None:
    content = b"".join(line(request_id=f"r{number}", trace_id=f"{hash(str(number))}") for number in range(20_000))
    whole = PACKINGS[packing](content)
    place.put(f"part.jsonl{packing}", whole[: len(whole) * 2 // 3])
    (file,) = place.land()
    assert file.landed_count > 5_000
    assert ids(place) == [f"r{number}" for number in range(file.landed_count)]
    assert place.reasons() == [(file.landed_count + 1, "truncated_file")]


@pytest.mark.parametrize("kind", ["csv.gz", "parquet.gz", "json.gz"])
def test_a_truncated_table_or_document_says_so(place: Place, tmp_path: Path, kind: str) -> None:
    contents = {
        "csv.gz": csv_text(*(record(request_id=f"r{number}") for number in range(50))),
        "parquet.gz": parquet(tmp_path, "select 'r' as request_id"),
        "json.gz": json.dumps([record()]).encode(),
    }
    place.put(f"part.{kind}", gzip.compress(contents[kind])[:-4])
    (file,) = place.land()
    assert [reason for _, reason in place.reasons()] == ["truncated_file"]
    assert file.records_read == file.landed_count + 1


def test_a_wrong_checksum_is_corrupt_and_loses_no_line_before_it(place: Place) -> None:
    content = bytearray(gzip.compress(many(3_000)))
    content[-6] ^= 1
    place.put("part.jsonl.gz", bytes(content))
    place.land()
    assert ids(place) == [f"r{number}" for number in range(3_000)]
    assert place.reasons() == [(3_001, "corrupt_file")]


def test_a_flipped_bit_inside_keeps_the_lines_before_it(place: Place) -> None:
    content = bytearray(
        gzip.compress(b"".join(line(request_id=f"r{n}", trace_id=str(hash(str(n)))) for n in range(20_000)))
    )
    content[len(content) // 2 : len(content) // 2 + 64] = b"\xff" * 64
    place.put("part.jsonl.gz", bytes(content))
    (file,) = place.land()
    assert file.landed_count > 1_000
    assert "corrupt_file" in [reason for _, reason in place.reasons()]


WRONG_ENDINGS: dict[str, tuple[str, Pack]] = {
    "lines that are said to be packed": ("part.jsonl.gz", bytes),
    "gzip that is said to be plain": ("part.json", gzip.compress),
    "gzip that is said to be zstd": ("part.jsonl.zst", gzip.compress),
    "zstd that is said to be gzip": ("part.jsonl.gz", zstandard.compress),
    "zstd that is said to be CSV": ("part.csv", zstandard.compress),
    "lines that are said to be CSV": ("part.csv", bytes),
    "lines that are said to be Parquet": ("part.parquet", bytes),
    "no ending": ("chatcmpl-1", bytes),
    "a document over several lines that is said to be lines": (
        "part.jsonl",
        lambda lines: json.dumps([json.loads(text) for text in lines.splitlines()], indent=2).encode(),
    ),
    "gzip, then zstd": ("part.jsonl.gz", lambda lines: gzip.compress(lines[:100]) + zstandard.compress(lines[100:])),
}


@pytest.mark.parametrize("kind", WRONG_ENDINGS)
def test_what_a_file_holds_is_told_by_its_first_bytes(place: Place, kind: str) -> None:
    name, pack = WRONG_ENDINGS[kind]
    place.put(name, pack(line(request_id="r1") + line(request_id="r2")))
    place.land()
    assert (ids(place), place.reasons()) == (["r1", "r2"], [])


def test_parquet_under_another_name_is_read(place: Place, tmp_path: Path) -> None:
    place.put("part.json", parquet(tmp_path, "select 'r1' as request_id, 1793509800 as requested_at, 'm' as model"))
    place.land()
    assert ids(place) == ["r1"]


FOREIGN: dict[str, tuple[str, bytes]] = {
    "a zip archive": ("part.json", b"PK\x03\x04" + line() * 12),
    "a tar archive": ("part.jsonl", b"part.jsonl".ljust(257, b"\0") + b"ustar\0" + line() * 12),
    "bzip2": ("part.json", bz2.compress(line() * 500)),
    "xz": ("part.json", lzma.compress(line() * 500)),
    "gzip in gzip": ("part.jsonl.gz", gzip.compress(gzip.compress(line() * 500))),
    "UTF-16": ("part.json", "".join(line().decode() for _ in range(12)).encode("utf-16")),
    "UTF-16 without a mark": ("part.json", "".join(line().decode() for _ in range(12)).encode("utf-16-le")),
    "a web page": ("part.json", b"<html>\n<body>\n<p>403</p>\n</body>\n</html>\n"),
    "a table that is said to be JSON": ("part.jsonl", b"request_id,model\n" + b"r,m\n" * 12),
    "a text": ("part.log", b"one\ntwo\nthree\n"),
    "a database": ("part.jsonl", b"SQLite format 3\0" + b"\n" * 12),
    "random bytes": ("part.jsonl", random.Random(1).randbytes(20_000).replace(b"{", b"").replace(b"[", b"")),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_of_another_kind_is_one_quarantined_record(place: Place, kind: str) -> None:
    name, content = FOREIGN[kind]
    place.put("good.jsonl", line())
    place.put(name, content)
    place.land()
    assert (ids(place), place.reasons()) == (["r1"], [(1, "unknown_format")])


def test_an_array_that_is_cut_keeps_what_comes_before(place: Place) -> None:
    whole = json.dumps([record(request_id=f"r{number}") for number in range(3)], indent=1).encode()
    place.put("part.json", whole[:-40])
    place.land()
    assert (ids(place), place.reasons()) == (["r0", "r1"], [(3, "malformed_json")])


def test_lines_of_which_the_first_is_cut_are_lines(place: Place) -> None:
    place.put("part.json", line(request_id="x")[:-30] + b"\n" + line(request_id="r2") + line(request_id="r3"))
    place.land()
    assert (ids(place), place.reasons()) == (["r2", "r3"], [(1, "malformed_json")])


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_a_file_that_unpacks_to_far_too_much_is_cut_off(
    place: Place, packing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "BOMB_BYTES", 8 << 20)
    monkeypatch.setattr(unpacking, "FED_BYTES", {"gzip": 1 << 10, "zstd": 1 << 6})
    place.put(f"part.jsonl{packing}", PACKINGS[packing](line() + (b" " * 999 + b"\n") * 40_000))
    (file,) = place.land()
    assert ids(place) == ["r1"]
    assert [reason for _, reason in place.reasons()] == ["too_large"]
    assert file.records_read < 40_000


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_files_packed_one_after_the_other_are_one(place: Place, packing: str) -> None:
    pack = PACKINGS[packing]
    place.put(f"part.jsonl{packing}", pack(line(request_id="r1")) + pack(line(request_id="r2")))
    place.land()
    assert ids(place) == ["r1", "r2"]


def test_zeros_after_a_gzip_are_padding(place: Place) -> None:
    place.put("part.jsonl.gz", gzip.compress(line()) + b"\0" * 512)
    place.land()
    assert (ids(place), place.reasons()) == (["r1"], [])


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
    assert ids(place) == ["r1", "r3"]
    assert place.reasons() == [(2, kind.partition(",")[0])]
    assert (file.records_read, file.landed_count, file.quarantined_count) == (3, 2, 1)


def test_a_line_of_180_kilobytes_lands(place: Place) -> None:
    long = line(meta={"tools": ["x" * 60] * 3_000, "attempts": 2})
    assert len(long) > 180_000
    (row,) = place.land_lines(long)
    assert json.loads(row["meta"])["attempts"] == 2


def test_brackets_a_hundred_thousand_deep_break_nothing(place: Place) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    rows = place.land_lines(line(request_id="r1"), deep + b"\n", line(request_id="r3"))
    assert [row["request_id"] for row in rows] == ["r1", "r3"]
    assert place.reasons() == [(2, "not_an_object")]


def test_blank_lines_are_ignored_and_counted(place: Place) -> None:
    place.put("part.jsonl", b"\n" + line(request_id="r2") + b" \t\r\n\n" + line(request_id="r5") + b"\n")
    (file,) = place.land()
    assert (file.records_read, file.landed_count, file.ignored_count, file.quarantined_count) == (6, 2, 4, 0)
    assert [row["landing_line"] for row in place.rows()] == [2, 5]


def test_a_last_line_without_an_end_lands(place: Place) -> None:
    place.land_lines(line(request_id="r1"), line(request_id="r2").rstrip())
    assert ids(place) == ["r1", "r2"]


def test_windows_line_ends_and_a_byte_order_mark_are_read_over(place: Place) -> None:
    place.land_lines(
        b"\xef\xbb\xbf" + line(request_id="r1").replace(b"\n", b"\r\n") + line(request_id="r2").replace(b"\n", b"\r\n")
    )
    assert ids(place) == ["r1", "r2"]


def test_line_and_paragraph_separators_do_not_split_a_line(place: Place) -> None:
    (row,) = place.land_lines(line(trace_id="a\u2028b\u2029c\u0085d"))
    assert row["trace_id"] == "a\u2028b\u2029c\u0085d"


def test_lines_are_numbered_across_the_pieces_that_a_file_is_read_in(place: Place) -> None:
    pad = "x" * 3_000
    content = b"".join(line(request_id=f"r{number}", trace_id=pad) + b"\n" for number in range(1, 4_000))
    place.put("part.jsonl", content)
    (file,) = place.land()
    assert (file.records_read, file.landed_count, file.ignored_count) == (7_998, 3_999, 3_999)
    assert all(row["landing_line"] == 2 * int(row["request_id"][1:]) - 1 for row in place.rows())


def test_a_line_beyond_every_limit_is_quarantined_and_the_next_lands(place: Place) -> None:
    place.put(
        "part.jsonl.gz", gzip.compress(line(request_id="r1") + b"y" * (70 << 20) + b"\n" + line(request_id="r3"), 1)
    )
    place.land()
    assert ids(place) == ["r1", "r3"]
    assert place.reasons() == [(2, "line_too_long")]
    assert place.quarantine()[0][3] is None


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
def test_a_json_file_is_a_document_or_lines(place: Place, kind: str) -> None:
    text, expected = DOCUMENTS[kind]
    place.put("part.json", text.encode())
    (file,) = place.land()
    assert ids(place) == expected
    assert file.records_read == len(expected)


def test_digits_of_a_document_reach_the_lake_untouched(place: Place) -> None:
    text = json.dumps([record()], indent=1).replace('"0.001"', "123456.123456789012")
    place.put("part.json", text.encode())
    place.land()
    assert [str(row["cost_usd"]) for row in place.rows()] == ["123456.123456789012"]


def test_a_json_file_of_lines_lands_its_good_lines_even_when_the_first_is_broken(place: Place) -> None:
    place.put("part.json", b'{"a": \n' + line(request_id="r2"))
    place.land()
    assert (ids(place), place.reasons()) == (["r2"], [(1, "malformed_json")])


def test_csv_rows_of_the_wrong_length_are_quarantined(place: Place) -> None:
    content = csv_text(record(request_id="r1"), record(request_id="r3"), record(request_id="r4"))
    rows = content.splitlines(keepends=True)
    rows.insert(2, b"r2,a1,2026-11-01T05:10:00Z\r\n")
    rows.insert(4, rows[3].rstrip() + b",more\r\n")
    place.put("part.csv", b"".join(rows))
    place.land()
    assert ids(place) == ["r1", "r3", "r4"]
    assert place.reasons() == [(2, "malformed_csv"), (4, "malformed_csv")]


def test_csv_fields_may_hold_line_ends_and_json_and_unknown_names(place: Place) -> None:
    place.put("part.csv", csv_text(record(trace_id="a\nb", meta='{"route": 7}', region="eu")))
    place.land()
    (row,) = place.rows()
    assert row["trace_id"] == "a\u240ab"
    assert json.loads(row["meta"]) == {"route": 7, "region": "eu"}


def test_csv_bytes_that_are_not_utf8_are_quarantined(place: Place) -> None:
    place.put("part.csv", csv_text(record(request_id="r1"), record(request_id="caf")).replace(b"caf", b"caf\xe9"))
    place.land()
    assert (ids(place), place.reasons()) == (["r1"], [(2, "invalid_encoding")])


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


def test_what_is_no_parquet_is_corrupt(place: Place) -> None:
    place.put("part.parquet", b"PAR1 and nothing else")
    place.land()
    assert place.reasons() == [(1, "corrupt_file")]
