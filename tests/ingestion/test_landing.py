"""Landing files again: the lake holds the rows of the current version of each file exactly once."""

import os
from datetime import timedelta
from pathlib import Path

import duckdb
from landing_place import ALWAYS, HOUR, Place, at, line, lines, make_place

from makegood.derivation.window import input_digests
from makegood.ingestion.finding import find_files
from makegood.ingestion.lake_parts import select_rows
from makegood.ingestion.landing import land
from makegood.ingestion.sources import Source

NEXT = HOUR + timedelta(hours=1)


def test_landing_again_changes_nothing(place: Place) -> None:
    place.put("part.jsonl", lines("r1", "r2"))
    place.land()
    before = place.inventory.current_parts(*ALWAYS)
    assert place.land() == []
    assert place.inventory.current_parts(*ALWAYS) == before


def test_a_file_with_a_new_modification_time_and_the_same_content_does_not_land_again(place: Place) -> None:
    file = place.put("part.jsonl", lines("r1"))
    place.land()
    parts = sorted(place.lake.rglob("*.parquet"))
    os.utime(file, (1, 1))
    assert place.land() == []
    assert sorted(place.lake.rglob("*.parquet")) == parts
    assert place.inventory.files_of_hours([HOUR])[0].modified_ns == 1_000_000_000


def test_a_changed_file_replaces_only_its_own_rows(place: Place) -> None:
    place.put("a.jsonl", lines("a1", "a2"))
    place.put("b.jsonl", lines("b1"))
    place.land()
    place.put("a.jsonl", lines("a2", "a3", "a4"))
    (file,) = place.land()
    assert (file.version, file.landed_count) == (2, 3)
    assert sorted(place.ids()) == ["a2", "a3", "a4", "b1"]


def test_a_file_that_is_changed_back_is_counted_once(place: Place) -> None:
    place.put("other.jsonl", lines("o1"))
    for second, request_id in ((1, "r1"), (2, "r2"), (1, "r1")):
        os.utime(place.put("part.jsonl", lines(request_id)), (second, second))
        place.land()
    assert sorted(place.ids()) == ["o1", "r1"]


def test_an_hour_that_a_changed_file_no_longer_has_rows_in_is_still_listed_as_touched(place: Place) -> None:
    place.put("part.jsonl", line(requested_at="2026-11-01T03:00:00Z"))
    place.land()
    place.put("part.jsonl", line())
    (file,) = place.land()
    assert place.inventory.hours_touched([file.landing_file]) == {at("2026-11-01T03:00"), HOUR}


def test_small_files_share_a_part_and_each_can_change_on_its_own(place: Place) -> None:
    for number in range(20):
        place.put(f"{number:02}.json", lines(f"r{number}"))
    place.land()
    assert len({part.lake_part for part in place.inventory.current_parts(*ALWAYS)}) == 1
    place.put("07.json", lines("changed"))
    place.land()
    expected = sorted([f"r{number}" for number in range(20) if number != 7] + ["changed"])
    assert sorted(place.ids()) == expected


def test_what_an_hour_is_derived_from_does_not_depend_on_what_else_lands_with_it(tmp_path: Path) -> None:
    together, alone = make_place(tmp_path / "together"), make_place(tmp_path / "alone")
    for place in (together, alone):
        for hour in (HOUR, NEXT):
            for name in ("a", "b"):
                place.put(f"{name}.jsonl", lines(f"{name}{hour.hour}"), hour)
    together.land(HOUR, NEXT)
    alone.land(NEXT)
    alone.land(HOUR)
    digests = input_digests([HOUR, NEXT], together.inventory)
    assert len(set(digests.values())) == 2
    assert digests == input_digests([HOUR, NEXT], alone.inventory)
    assert sorted(together.ids()) == sorted(alone.ids()) == ["a5", "a6", "b5", "b6"]
    together.inventory.close()
    alone.inventory.close()


def test_the_rows_of_a_deleted_file_stay(place: Place) -> None:
    file = place.put("part.jsonl", lines("r1"))
    place.land()
    file.unlink()
    assert place.land() == []
    assert place.ids() == ["r1"]


def test_a_file_that_changes_while_it_is_read_is_refused_and_lands_later(place: Place) -> None:
    file = place.put("part.jsonl", lines("r1"))
    place.put("good.jsonl", lines("g1"))
    found = find_files([place.source], [HOUR], place.home)
    file.write_bytes(lines("r1", "r2"))
    land(found, place.lake, place.inventory)
    assert place.ids() == ["g1"]
    assert place.refusals() == {
        "part.jsonl": "changed while it was read: it lands when the gateway has finished writing it"
    }
    place.land()
    assert (sorted(place.ids()), place.refusals()) == (["g1", "r1", "r2"], {})
    with duckdb.connect() as con:
        select = select_rows(place.inventory.current_parts(*ALWAYS), place.lake, place.inventory, ["request_id"])
        assert sorted(row[0] for row in con.execute(select).fetchall()) == ["g1", "r1", "r2"]


def test_a_missing_or_unreadable_file_is_refused_and_the_others_land(place: Place) -> None:
    place.put("good.jsonl", lines("g1"))
    gone = place.put("gone.jsonl", lines("r1"))
    folder = place.put("folder.jsonl", lines("r2"))
    found = find_files([place.source], [HOUR], place.home)
    gone.unlink()
    folder.unlink()
    folder.mkdir()
    land(found, place.lake, place.inventory)
    assert place.ids() == ["g1"]
    assert place.refusals() == {
        "gone.jsonl": "cannot be read: No such file or directory",
        "folder.jsonl": "cannot be read: Is a directory",
    }


def undated(place: Place) -> Source:
    return Source("gateway", place.source.adapter, str(place.home / "landing/*.jsonl"))


def test_a_growing_log_keeps_its_landing_hour_and_may_add_later_requests(place: Place) -> None:
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
    assert sorted(place.ids()) == ["r1", "r2"]
    assert place.quarantine() == []
    assert [file.landing_file for file in place.inventory.files_of_hours([NEXT])] == ["landing/log.jsonl"]
