"""Landing again, landing broken off, landing in other pieces: the lake holds what the files say now, once, and every record is counted."""

import gzip
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_place import ALWAYS, HOUR, Place, at, line, make_place

from makegood.errors import MakegoodError
from makegood.ingestion import groups
from makegood.ingestion.finding import find_files
from makegood.ingestion.lake_parts import select_rows
from makegood.ingestion.landing import land
from makegood.ingestion.sources import ADAPTERS, Source

NEXT = HOUR + timedelta(hours=1)


def ids(place: Place) -> list[str]:
    return [row["request_id"] for row in place.rows()]


def lines(*request_ids: str) -> bytes:
    return b"".join(line(request_id=request_id) for request_id in request_ids)


def test_landing_again_changes_nothing(place: Place) -> None:
    place.put("part.jsonl", lines("r1", "r2"))
    place.land()
    before = place.inventory.current_parts(*ALWAYS)
    assert place.land() == []
    assert place.inventory.current_parts(*ALWAYS) == before


def test_a_touched_file_with_the_same_content_is_left_alone(place: Place) -> None:
    file = place.put("part.jsonl", lines("r1"))
    place.land()
    parts = sorted(place.lake.rglob("*.parquet"))
    os.utime(file, (1, 1))
    assert place.land() == []
    assert sorted(place.lake.rglob("*.parquet")) == parts
    assert place.inventory.files_of_hours([HOUR])[0].modified_ns == 1_000_000_000


def test_a_changed_file_replaces_its_own_rows_and_no_others(place: Place) -> None:
    place.put("a.jsonl", lines("a1", "a2"))
    place.put("b.jsonl", lines("b1"))
    place.land()
    place.put("a.jsonl", lines("a2", "a3", "a4"))
    (file,) = place.land()
    assert (file.version, file.landed_count) == (2, 3)
    assert sorted(ids(place)) == ["a2", "a3", "a4", "b1"]


def test_a_file_that_changes_back_counts_once(place: Place) -> None:
    place.put("other.jsonl", lines("o1"))
    for second, request_id in ((1, "r1"), (2, "r2"), (1, "r1")):
        os.utime(place.put("part.jsonl", lines(request_id)), (second, second))
        place.land()
    assert sorted(ids(place)) == ["o1", "r1"]


def test_an_hour_that_a_file_leaves_is_still_known_as_touched(place: Place) -> None:
    place.put("part.jsonl", line(requested_at="2026-11-01T03:00:00Z"))
    place.land()
    place.put("part.jsonl", line())
    (file,) = place.land()
    assert place.inventory.hours_touched([file.landing_file]) == {at("2026-11-01T03:00"), HOUR}


def test_many_small_files_share_a_part_and_one_of_them_can_change(place: Place) -> None:
    for number in range(20):
        place.put(f"{number:02}.json", lines(f"r{number}"))
    place.land()
    assert len({part.lake_part for part in place.inventory.current_parts(*ALWAYS)}) == 1
    place.put("07.json", lines("changed"))
    place.land()
    expected = sorted([f"r{number}" for number in range(20) if number != 7] + ["changed"])
    assert sorted(ids(place)) == expected


def test_parts_of_an_hour_do_not_depend_on_what_else_lands_with_it(tmp_path: Path) -> None:
    together, alone = make_place(tmp_path / "together"), make_place(tmp_path / "alone")
    for place in (together, alone):
        for hour in (HOUR, NEXT):
            for name in ("a", "b"):
                place.put(f"{name}.jsonl", lines(f"{name}{hour.hour}"), hour)
    together.land(HOUR, NEXT)
    alone.land(NEXT)
    alone.land(HOUR)
    assert together.inventory.current_parts(*ALWAYS) == alone.inventory.current_parts(*ALWAYS)
    together.inventory.close()
    alone.inventory.close()


def test_a_vanished_file_takes_nothing_away(place: Place) -> None:
    file = place.put("part.jsonl", lines("r1"))
    place.land()
    file.unlink()
    assert place.land() == []
    assert ids(place) == ["r1"]


def test_a_changed_adapter_lands_its_files_again(place: Place, tmp_path: Path) -> None:
    place.put("part.jsonl", lines("r1"))
    place.land()
    mended = tmp_path / "canonical.sql"
    mended.write_text(place.source.adapter.read_text().replace("field.provider as provider", "'mended' as provider"))
    place.source = Source("gateway", mended, place.source.files)
    (file,) = place.land()
    assert file.version == 2
    assert [row["provider"] for row in place.rows()] == ["mended"]


def test_a_mended_adapter_takes_lines_out_of_quarantine(place: Place, tmp_path: Path) -> None:
    place.put("part.jsonl", line(request_id="r1", model=..., engine="m"))
    place.land()
    assert place.reasons() == [(1, "missing_model")]
    mended = tmp_path / "canonical.sql"
    mended.write_text(
        place.source.adapter.read_text().replace(
            "field.model as model", "coalesce(field.model, record ->> 'engine') as model"
        )
    )
    place.source = Source("gateway", mended, place.source.files)
    place.land()
    assert (ids(place), place.quarantine()) == (["r1"], [])


def test_an_adapter_that_loses_a_line_is_refused_and_leaves_the_old_rows(place: Place, tmp_path: Path) -> None:
    place.put("part.jsonl", lines("r1"))
    place.land()
    place.put("part.jsonl", lines("r1", "r2"))
    losing = tmp_path / "losing.sql"
    losing.write_text(
        place.source.adapter.read_text().replace("select * from final", "select * from final where request_id <> 'r2'")
    )
    place.source = Source("gateway", losing, place.source.files)
    with pytest.raises(MakegoodError, match=r"adapter losing\.sql returned 1 of 2 records of .*part\.jsonl"):
        place.land()
    assert ids(place) == ["r1"]


def test_an_adapter_may_find_several_requests_in_one_record(place: Place, tmp_path: Path) -> None:
    twice = tmp_path / "twice.sql"
    text = place.source.adapter.read_text()
    twice.write_text(
        text.replace("select * from final", "select * from final union all select * replace (null as model) from final")
    )
    place.source = Source("gateway", twice, place.source.files)
    place.put("part.jsonl", lines("r1", "r2"))
    (file,) = place.land()
    assert (file.records_read, file.landed_count, file.quarantined_count) == (4, 2, 2)


def test_what_an_adapter_calls_no_request_is_ignored_and_counted(place: Place, tmp_path: Path) -> None:
    picky = tmp_path / "picky.sql"
    text = place.source.adapter.read_text()
    picky.write_text(text.replace("false as is_ignored", "coalesce(field.provider = 'none', false) as is_ignored"))
    place.source = Source("gateway", picky, place.source.files)
    place.put("part.jsonl", line(request_id="r1") + line(provider="none", request_id=...))
    (file,) = place.land()
    assert (file.landed_count, file.ignored_count, file.quarantined_count) == (1, 1, 0)


def test_an_adapter_that_is_no_sql_is_refused_in_one_sentence(place: Place, tmp_path: Path) -> None:
    broken = tmp_path / "broken.sql"
    broken.write_text("selec nothing")
    place.source = Source("gateway", broken, place.source.files)
    place.put("part.jsonl", lines("r1"))
    with pytest.raises(
        MakegoodError, match=r"^the adapter broken\.sql failed on .*part\.jsonl: .*syntax error"
    ) as caught:
        place.land()
    assert "\n" not in str(caught.value)


def test_a_file_that_changes_while_it_is_read_is_refused_and_lands_when_it_is_whole(place: Place) -> None:
    file = place.put("part.jsonl", lines("r1"))
    place.put("good.jsonl", lines("g1"))
    found = find_files([place.source], [HOUR], place.home)
    file.write_bytes(lines("r1", "r2"))
    land(found, place.lake, place.inventory)
    assert ids(place) == ["g1"]
    assert refusals(place) == {
        "part.jsonl": "changed while it was read: it lands when the gateway has finished writing it"
    }
    place.land()
    assert (sorted(ids(place)), refusals(place)) == (["g1", "r1", "r2"], {})
    with duckdb.connect() as con:
        select = select_rows(place.inventory.current_parts(*ALWAYS), place.lake, place.inventory, ["request_id"])
        assert sorted(row[0] for row in con.execute(select).fetchall()) == ["g1", "r1", "r2"]


def test_a_file_that_vanishes_or_cannot_be_read_is_refused_and_the_others_land(place: Place) -> None:
    place.put("good.jsonl", lines("g1"))
    gone = place.put("gone.jsonl", lines("r1"))
    folder = place.put("folder.jsonl", lines("r2"))
    found = find_files([place.source], [HOUR], place.home)
    gone.unlink()
    folder.unlink()
    folder.mkdir()
    land(found, place.lake, place.inventory)
    assert ids(place) == ["g1"]
    assert refusals(place) == {
        "gone.jsonl": "cannot be read: No such file or directory",
        "folder.jsonl": "cannot be read: Is a directory",
    }


def test_a_line_that_the_engine_cannot_cope_with_costs_no_other_line(place: Place, tmp_path: Path) -> None:
    strict = tmp_path / "strict.sql"
    text = place.source.adapter.read_text()
    strict.write_text(text.replace("field.trace_id as trace_id", "field.trace_id::integer::varchar as trace_id"))
    place.source = Source("gateway", strict, place.source.files)
    place.put("a.jsonl", lines("r1") + line(request_id="x", trace_id="no number") + lines("r3"))
    place.put("b.jsonl", line(request_id="y", trace_id="none either") + lines("r4", "r5"))
    first, second = place.land()
    assert sorted(ids(place)) == ["r1", "r3", "r4", "r5"]
    assert [(name, number, reason) for name, number, reason, _ in place.quarantine()] == [
        ("a.jsonl", 2, "unreadable"),
        ("b.jsonl", 1, "unreadable"),
    ]
    assert (first.records_read, second.records_read) == (3, 3)


def undated(place: Place) -> Source:
    return Source("gateway", place.source.adapter, str(place.home / "landing/*.jsonl"))


def test_a_log_that_grows_keeps_its_landing_hour_and_takes_later_requests(place: Place) -> None:
    place.source = undated(place)
    log = place.home / "landing" / "log.jsonl"
    log.parent.mkdir()
    for hour, content in (
        (HOUR, line(request_id="r1")),
        (NEXT, line(request_id="r2", requested_at=f"{NEXT:%FT%T}Z", completed_at=...)),
    ):
        with log.open("ab") as stream:
            stream.write(content)
        moment = (hour - at("1970-01-01")).total_seconds() + 60
        os.utime(log, (moment, moment))
        (file,) = place.land(hour)
    assert (file.landed_hour, file.found_hour) == (HOUR, NEXT)
    assert {row["landed_hour"] for row in place.rows()} == {HOUR}
    assert sorted(ids(place)) == ["r1", "r2"]
    assert place.quarantine() == []
    assert [file.landing_file for file in place.inventory.files_of_hours([NEXT])] == ["landing/log.jsonl"]


def refusals(place: Place) -> dict[str, str]:
    return {Path(file.landing_file).name: file.reason for file in place.inventory.refused_files()}


CRASHES = {
    "while parts are written": "threading.Thread(target=watch).start(); killing = Inventory",
    "when all parts are written": "killing = type('Killing', (Inventory,), {'replace': lambda self, *_: die()})",
    "inside the inventory's transaction": (
        "killing = type('Killing', (Inventory,), {'replace': lambda self, landed, *_: Inventory.replace(self, half(landed))})"
    ),
}
CRASHING = """
import os, signal, sys, threading
from datetime import datetime
from pathlib import Path
from makegood.ingestion import groups, landing
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.finding import find_files
from makegood.ingestion.sources import ADAPTERS, Source

home = Path(sys.argv[1])
groups.GROUP_BYTES = 1

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def half(landed):
    yield landed[0]
    die()

def watch():
    before = set((home / "lake").rglob("*.parquet"))
    while set((home / "lake").rglob("*.parquet")) == before:
        pass
    die()

{crash}
source = Source("gateway", ADAPTERS / "canonical.sql", str(home / "landing/gateway/{{date}}/{{hour}}/*"))
files = find_files([source], [datetime.fromisoformat(sys.argv[2])], home)
landing.land(files, home / "lake", killing(home / "lake" / "inventory.sqlite"))
"""


@pytest.mark.parametrize("moment", CRASHES)
def test_a_run_that_is_killed_leaves_the_old_rows_and_the_next_one_lands(place: Place, moment: str) -> None:
    names = [f"{number:02}.jsonl" for number in range(30)]
    for name in names:
        place.put(name, lines(f"old-{name}"))
    place.land()
    for name in names:
        place.put(name, lines(f"new-{name}", f"more-{name}"))
    script = CRASHING.format(crash=CRASHES[moment])
    killed = subprocess.run([sys.executable, "-c", script, str(place.home), HOUR.isoformat()], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert sorted(ids(place)) == sorted(f"old-{name}" for name in names)
    assert len(place.land()) == 30
    assert sorted(ids(place)) == sorted(f"{kind}-{name}" for name in names for kind in ("new", "more"))


def test_a_large_file_lands_in_pieces_and_whole(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "GROUP_BYTES", 5 << 20)
    monkeypatch.setattr(groups, "SMALL_GROUP_BYTES", 1 << 20)
    count = 60_000
    place.put("part.jsonl.gz", gzip.compress(b"".join(line(request_id=f"r{number}") for number in range(count)), 1))
    (file,) = place.land()
    assert (file.landed_count, file.records_read) == (count, count)
    assert len(place.inventory.current_parts(*ALWAYS)) > 1
    assert Counter(ids(place)) == Counter(f"r{number}" for number in range(count))


CONTENTS = st.lists(
    st.sampled_from(
        [lines(f"r{number}") for number in range(6)] + [b"\n", b"{\n", b"[]\n", line(model=None), b"\xff\n"]
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(CONTENTS, st.integers(1, 4), st.randoms(use_true_random=False))
def test_any_order_and_split_over_files_lands_the_same_rows(
    contents: list[bytes], files: int, chance: random.Random
) -> None:
    landed = []
    for _ in range(2):
        with TemporaryDirectory() as directory:
            place = make_place(Path(directory))
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
def test_counts_add_up_for_any_bytes(pieces: list[bytes], ending: str) -> None:
    content = b"".join(pieces)
    with TemporaryDirectory() as directory:
        place = make_place(Path(directory))
        place.put(f"part{ending}", content)
        (file,) = place.land()
        assert file.records_read == file.landed_count + file.ignored_count + file.quarantined_count
        assert file.landed_count == len(place.rows())
        assert file.quarantined_count == len(place.quarantine())
        if ending == ".jsonl" and content.startswith(b"{"):
            body = content.removeprefix(b"\xef\xbb\xbf")
            assert file.records_read == body.count(b"\n") + (not body.endswith(b"\n") and body != b"")
        place.inventory.close()


def test_every_adapter_that_ships_answers_for_a_line_it_cannot_read(tmp_path: Path) -> None:
    for adapter in ADAPTERS.glob("*.sql"):
        place = make_place(tmp_path / adapter.stem, adapter.stem)
        place.put("part.jsonl", b"{}\n[\n\n")
        (file,) = place.land()
        assert (file.records_read, file.quarantined_count, file.ignored_count) == (3, 2, 1)
        place.inventory.close()
