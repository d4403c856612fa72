"""Hostile input beside valid files: the valid ones always land, and every record and file is accounted for."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from judging import JudgedHome, verdict
from landing_place import ALWAYS, HOUR, Place, line, make_place
from poisons import FILES, LINES, NAMES, PLACES, VERDICTS

from makegood.ingestion.finding import landing_path
from makegood.ingestion.inventory_records import LandedFile
from makegood.publication.asking import has_control

CONTROLS = "[\\x00-\\x1f\\x7f]"


def between(before: bytes, poison: bytes, after: bytes) -> bytes:
    return before + poison + after


def assert_everything_is_accounted_for(place: Place) -> None:
    """Every record is landed, ignored or quarantined; every file of the hour landed or is refused."""
    files = place.inventory.files_of_hours([HOUR])
    for file in files:
        assert file.records_read == file.landed_count + file.ignored_count + file.quarantined_count
    assert len(place.quarantine()) == sum(file.quarantined_count for file in files)
    seen = {landing_path(file.landing_file, place.home) for file in files}
    seen |= {landing_path(file.landing_file, place.home) for file in place.inventory.refused_files()}
    folder = place.home / "landing" / "gateway" / f"{HOUR:%Y-%m-%d}" / f"{HOUR:%H}"
    left = {path for path in folder.iterdir() if not path.name.startswith(".")} - seen
    assert all(path.is_dir() and "." not in path.name for path in left)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[LandedFile, set[str]]]]:
    """Lands each hostile line in its own file, all at once. Gives the file and the ids that landed from it."""
    place = make_place(tmp_path_factory.mktemp("lines"))
    for number, poison in enumerate(LINES.values()):
        place.put(f"{number:03}.jsonl", between(line(request_id="before"), poison, line(request_id="after")))
    place.land()
    assert_everything_is_accounted_for(place)
    landed = {Path(file.landing_file).name: file for file in place.inventory.files_of_hours([HOUR])}
    ids: dict[str, set[str]] = {name: set() for name in landed}
    for row in place.rows("request_id, landing_file, landing_line"):
        ids[Path(row["landing_file"]).name].add(row["request_id"])
    assert not texts_with_controls(place.lake)
    yield {kind: (landed[f"{number:03}.jsonl"], ids[f"{number:03}.jsonl"]) for number, kind in enumerate(LINES)}
    place.inventory.close()


def texts_with_controls(lake: Path) -> list[tuple[str, ...]]:
    """Texts in the lake that contain a control character."""
    found = []
    with duckdb.connect() as con:
        for file in lake.glob("*/**/*.parquet"):
            if "quarantine" not in file.parts:
                found += con.execute(
                    "select text from (select unnest([columns(*)::varchar]) as text from read_parquet($file))"
                    " where regexp_matches(text, $controls)",
                    {"file": str(file), "controls": CONTROLS},
                ).fetchall()
    return found


@pytest.mark.parametrize("kind", LINES)
def test_a_hostile_line_does_not_affect_other_lines(lines: dict[str, tuple[LandedFile, set[str]]], kind: str) -> None:
    file, ids = lines[kind]
    assert ids >= {"before", "after"}
    assert file.records_read == 3


NEVER_COST = [
    kind
    for kind in LINES
    if kind.split(" with ")[0] in ("request_id", "account_id", "model", "error_message", "trace_id")
    and not (kind.startswith(("request_id", "account_id", "model")) and ("UTF-8" in kind or "overlong" in kind))
]


@pytest.mark.parametrize("kind", NEVER_COST)
def test_an_unusual_character_does_not_quarantine_its_request(
    lines: dict[str, tuple[LandedFile, set[str]]], kind: str
) -> None:
    file, _ = lines[kind]
    assert file.landed_count == 3
    is_clean = kind.endswith(("line separators", "right-to-left text", "SQL", "megabyte", "raw tab"))
    assert file.replaced_count == (0 if is_clean else 1)


def test_characters_that_cannot_be_queried_are_replaced_in_landed_texts(place: Place) -> None:
    codes = [code for code in range(0xA0) if code != ord("\n")]
    raw = [line(request_id="<>").replace(b"<>", f"<{chr(code)}>".encode()) for code in codes if chr(code) not in '\\"']
    escaped = [line(request_id="<>").replace(b"<>", f"<\\u{code:04x}>".encode()) for code in range(0xA0)]
    short = [line(request_id="<>").replace(b"<>", f"<\\{letter}>".encode()) for letter in "bfnrt"]
    ids = [row["request_id"] for row in place.land_lines(*raw, *escaped, *short)]
    assert len(ids) == len(raw) + len(escaped) + len(short)
    assert [name for name in ids if has_control(name)] == []
    assert {f"<{chr(code)}>" for code in range(0x80, 0xA0)} <= set(ids), (
        "C1 controls are characters like others, for both"
    )
    assert {"<\u2421>", "<\u2400>", "<\u2408>"} <= set(ids)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, LandedFile]]:
    """Lands each hostile verdict in its own file, all at once."""
    place = make_place(tmp_path_factory.mktemp("verdicts"))
    home = JudgedHome(place)
    home.write_logs(line())
    for number, poison in enumerate(VERDICTS.values()):
        home.write_verdicts(between(verdict(), poison, verdict(detector="other")), name=f"{number:03}.jsonl")
    landed = {Path(file.landing_file).name: file for file in home.land()}
    assert not texts_with_controls(place.lake)
    yield {kind: landed[f"{number:03}.jsonl"] for number, kind in enumerate(VERDICTS)}
    place.inventory.close()


@pytest.mark.parametrize("kind", VERDICTS)
def test_a_hostile_verdict_does_not_affect_other_verdicts(verdicts: dict[str, LandedFile], kind: str) -> None:
    file = verdicts[kind]
    assert file.records_read == file.landed_count + file.quarantined_count == 3
    assert file.landed_count >= 2


@pytest.mark.parametrize("kind", FILES)
def test_a_hostile_file_does_not_affect_other_files(place: Place, kind: str) -> None:
    name, content = FILES[kind]
    place.put("good.jsonl", line(request_id="good"))
    place.put(name, content)
    place.land()
    assert_everything_is_accounted_for(place)
    assert "good" in {row["request_id"] for row in place.rows()}
    assert sum(file.records_read for file in place.inventory.files_of_hours([HOUR])) <= 2 + 200


def test_files_with_any_name_land(place: Place) -> None:
    for number, name in enumerate(NAMES):
        place.put(f"{name}.jsonl", line(request_id=f"file {number}"))
        path = place.home / "landing" / "gateway" / name / f"{HOUR:%Y-%m-%d}" / f"{HOUR:%H}" / "part.jsonl"
        path.parent.mkdir(parents=True)
        path.write_bytes(line(request_id=f"folder {number}"))
    place.land()
    place.source = type(place.source)(
        "gateway", place.source.adapter, place.source.files.replace("{date}", "**/{date}")
    )
    place.land()
    expected = {f"{kind} {number}" for kind in ("file", "folder") for number in range(len(NAMES))}
    assert {row["request_id"] for row in place.rows()} == expected
    assert all(part.landing_file.isprintable() for part in place.inventory.current_parts(*ALWAYS))


@pytest.mark.parametrize("kind", PLACES)
def test_entries_that_are_not_files_do_not_affect_files(place: Place, kind: str) -> None:
    PLACES[kind](place.put("good.jsonl", line(request_id="good")).parent)
    place.land()
    assert_everything_is_accounted_for(place)
    assert [row["request_id"] for row in place.rows()] == ["good"]


def test_there_are_many_kinds_of_hostile_input() -> None:
    assert len(LINES) + len(FILES) + len(NAMES) + len(PLACES) + len(VERDICTS) > 250
