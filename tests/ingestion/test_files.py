"""Files in every format and compression are recognized by content, and an unknown or damaged one is one quarantined record."""

import bz2
import gzip
import json
import lzma
import random
from pathlib import Path

import pytest
import zstandard
from landing_place import Place, line, record
from written_files import PACKINGS, Pack, csv_text, parquet


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("kind", ["jsonl", "ndjson", "json", "csv", "parquet"])
def test_every_format_lands_in_every_compression(place: Place, tmp_path: Path, kind: str, packing: str) -> None:
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


def test_uppercase_file_endings_are_recognized(place: Place) -> None:
    place.put("PART.JSONL.GZ", gzip.compress(line()))
    place.land()
    assert place.ids() == ["r1"]


def test_an_unknown_format_is_quarantined_as_one_record(place: Place) -> None:
    place.put("part.xlsx", b"PK\x03\x04")
    (file,) = place.land()
    assert (file.records_read, file.quarantined_count) == (1, 1)
    assert place.reasons() == [(1, "unknown_format")]


def test_an_empty_file_has_no_records_and_lands_only_once(place: Place) -> None:
    place.put("part.jsonl", b"")
    (file,) = place.land()
    assert file.records_read == 0
    assert place.land() == []


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
def test_the_format_of_a_file_is_recognized_by_its_first_bytes(place: Place, kind: str) -> None:
    name, pack = WRONG_ENDINGS[kind]
    place.put(name, pack(line(request_id="r1") + line(request_id="r2")))
    place.land()
    assert (place.ids(), place.reasons()) == (["r1", "r2"], [])


def test_parquet_under_another_name_is_read(place: Place, tmp_path: Path) -> None:
    place.put("part.json", parquet(tmp_path, "select 'r1' as request_id, 1793509800 as requested_at, 'm' as model"))
    place.land()
    assert place.ids() == ["r1"]


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
    assert (place.ids(), place.reasons()) == (["r1"], [(1, "unknown_format")])


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_concatenated_compressed_files_are_read_as_one(place: Place, packing: str) -> None:
    pack = PACKINGS[packing]
    place.put(f"part.jsonl{packing}", pack(line(request_id="r1")) + pack(line(request_id="r2")))
    place.land()
    assert place.ids() == ["r1", "r2"]


def test_zero_bytes_after_a_gzip_stream_are_ignored(place: Place) -> None:
    place.put("part.jsonl.gz", gzip.compress(line()) + b"\0" * 512)
    place.land()
    assert (place.ids(), place.reasons()) == (["r1"], [])
