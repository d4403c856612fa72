"""The same rows land however records are split over files and pieces, and every record is counted."""

import gzip
import json
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_place import ALWAYS, Place, line, lines, make_place

from makegood.ingestion import groups


def test_a_large_file_lands_completely_in_several_parts(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "GROUP_BYTES", 5 << 20)
    monkeypatch.setattr(groups, "SMALL_GROUP_BYTES", 1 << 20)
    count = 60_000
    place.put("part.jsonl.gz", gzip.compress(b"".join(line(request_id=f"r{number}") for number in range(count)), 1))
    (file,) = place.land()
    assert (file.landed_count, file.records_read) == (count, count)
    assert len(place.inventory.current_parts(*ALWAYS)) > 1
    assert Counter(place.ids()) == Counter(f"r{number}" for number in range(count))


CONTENTS = st.lists(
    st.sampled_from(
        [lines(f"r{number}") for number in range(6)] + [b"\n", b"{\n", b"[]\n", line(model=None), b"\xff\n"]
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(CONTENTS, st.integers(1, 4), st.randoms(use_true_random=False))
def test_the_landed_rows_do_not_depend_on_order_or_split_over_files(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], files: int, chance: random.Random
) -> None:
    landed = []
    for _ in range(2):
        place = make_place(tmp_path_factory.mktemp("split"))
        pieces: list[list[bytes]] = [[lines("head")] for _ in range(files)]
        for content in chance.sample(contents, len(contents)):
            chance.choice(pieces).append(content)
        for number, piece in enumerate(pieces):
            ending, pack = chance.choice([(".jsonl", bytes), (".jsonl.gz", gzip.compress)])
            place.put(f"{number}{ending}", pack(b"".join(piece)))
        place.land()
        place.land()
        rows = [{**row, "landing_file": None, "landing_line": None} for row in place.rows()]
        landed.append(
            (
                Counter(map(str, rows)),
                Counter(reason for _, reason in place.reasons()),
                place.inventory.totals()[1:],
            )
        )
        place.inventory.close()
    assert landed[0] == landed[1]


def is_a_record(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line.strip(b"\0 \t\r")), dict)
    except ValueError:
        return False


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.binary(max_size=40)
        | st.sampled_from([lines("r1"), b"\n", b'{"a":', b"\xef\xbb\xbf", gzip.compress(lines("g1"))]),
        max_size=8,
    ),
    st.sampled_from(
        [".jsonl", ".json", ".csv", ".parquet", ".jsonl.gz", ".jsonl.zst", ".csv.gz", ".parquet.zst", ".json.zst", ""]
    ),
)
def test_record_counts_add_up_for_any_bytes(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], ending: str
) -> None:
    content = b"".join(pieces)
    place = make_place(tmp_path_factory.mktemp("bytes"))
    place.put(f"part{ending}", content)
    (file,) = place.land()
    assert file.records_read == file.landed_count + file.ignored_count + file.quarantined_count
    assert file.landed_count == len(place.rows())
    assert file.quarantined_count == len(place.quarantine())
    body = content.removeprefix(b"\xef\xbb\xbf")
    # Content in which no line is a record counts as one broken document rather than as lines.
    if ending == ".jsonl" and content.startswith(b"{") and any(is_a_record(line) for line in body.split(b"\n")):
        assert file.records_read == body.count(b"\n") + (not body.endswith(b"\n") and body != b"")
    place.inventory.close()
