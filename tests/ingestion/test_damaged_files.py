"""Truncated, damaged or oversized files: every record before the damage lands, and the damage is quarantined with its position."""

import gzip
import json
from pathlib import Path

import pytest
from landing_place import Place, line, record
from written_files import PACKINGS, csv_text, parquet

from makegood.ingestion import unpacking


def many_lines(count: int) -> bytes:
    return b"".join(line(request_id=f"r{number}") for number in range(count))


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_a_compressed_file_without_its_last_byte_is_reported_as_truncated(place: Place, packing: str) -> None:
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
    assert place.ids() == [f"r{number}" for number in range(file.landed_count)]
    assert place.reasons() == [(file.landed_count + 1, "truncated_file")]


@pytest.mark.parametrize("kind", ["csv.gz", "parquet.gz", "json.gz"])
def test_a_truncated_table_or_document_is_reported_as_truncated(place: Place, tmp_path: Path, kind: str) -> None:
    contents = {
        "csv.gz": csv_text(*(record(request_id=f"r{number}") for number in range(50))),
        "parquet.gz": parquet(tmp_path, "select 'r' as request_id"),
        "json.gz": json.dumps([record()]).encode(),
    }
    place.put(f"part.{kind}", gzip.compress(contents[kind])[:-4])
    (file,) = place.land()
    assert [reason for _, reason in place.reasons()] == ["truncated_file"]
    assert file.records_read == file.landed_count + 1


def test_a_wrong_checksum_is_reported_and_all_lines_land(place: Place) -> None:
    content = bytearray(gzip.compress(many_lines(3_000)))
    content[-6] ^= 1
    place.put("part.jsonl.gz", bytes(content))
    place.land()
    assert place.ids() == [f"r{number}" for number in range(3_000)]
    assert place.reasons() == [(3_001, "corrupt_file")]


def test_lines_before_a_flipped_bit_land(place: Place) -> None:
    content = bytearray(
        gzip.compress(b"".join(line(request_id=f"r{n}", trace_id=str(hash(str(n)))) for n in range(20_000)))
    )
    content[len(content) // 2 : len(content) // 2 + 64] = b"\xff" * 64
    place.put("part.jsonl.gz", bytes(content))
    (file,) = place.land()
    assert file.landed_count > 1_000
    assert "corrupt_file" in [reason for _, reason in place.reasons()]


def test_records_of_a_truncated_array_land(place: Place) -> None:
    whole = json.dumps([record(request_id=f"r{number}") for number in range(3)], indent=1).encode()
    place.put("part.json", whole[:-40])
    place.land()
    assert (place.ids(), place.reasons()) == (["r0", "r1"], [(3, "malformed_json")])


def test_a_file_whose_first_line_is_truncated_is_still_read_as_lines(place: Place) -> None:
    place.put("part.json", line(request_id="x")[:-30] + b"\n" + line(request_id="r2") + line(request_id="r3"))
    place.land()
    assert (place.ids(), place.reasons()) == (["r2", "r3"], [(1, "malformed_json")])


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_a_decompression_bomb_is_cut_off(place: Place, packing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "BOMB_BYTES", 8 << 20)
    monkeypatch.setattr(unpacking, "FED_BYTES", {"gzip": 1 << 10, "zstd": 1 << 6})
    place.put(f"part.jsonl{packing}", PACKINGS[packing](line() + (b" " * 999 + b"\n") * 40_000))
    (file,) = place.land()
    assert place.ids() == ["r1"]
    assert [reason for _, reason in place.reasons()] == ["too_large"]
    assert file.records_read < 40_000


def test_an_invalid_parquet_file_is_reported_as_corrupt(place: Place) -> None:
    place.put("part.parquet", b"PAR1 and nothing else")
    place.land()
    assert place.reasons() == [(1, "corrupt_file")]
