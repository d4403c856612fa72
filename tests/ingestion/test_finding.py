"""How a run finds landing files: each file lands or is refused with a reason, and no file stops the others."""

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from landing_place import HOUR, Place, at, line
from test_sources import GOOD, sources_file

from makegood.ingestion.finding import find_files, landing_name, landing_path, unmatched_files
from makegood.ingestion.sources import read_sources

SHIPPED = Path(__file__).parents[2] / "sources.yml"


def touch(path: Path, moment: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    if moment:
        seconds = (at(moment) - at("1970-01-01")).total_seconds()
        os.utime(path, (seconds, seconds))
    return path


def test_a_dated_file_belongs_to_the_hour_of_its_path(tmp_path: Path) -> None:
    sources = read_sources(sources_file(tmp_path, GOOD), tmp_path)
    for hour in ("04", "05", "06"):
        touch(tmp_path / f"landing/gateway/2026-11-01/{hour}/part.jsonl", "2020-01-01T00:00")
    found = find_files(sources, [HOUR, at("2026-11-01T06:00")], tmp_path)
    assert [(file.name, file.landed_hour.hour) for file in found] == [
        ("landing/gateway/2026-11-01/05/part.jsonl", 5),
        ("landing/gateway/2026-11-01/06/part.jsonl", 6),
    ]


def test_an_undated_file_belongs_to_the_hour_of_its_modification(tmp_path: Path) -> None:
    sources = read_sources(sources_file(tmp_path, GOOD), tmp_path)
    touch(tmp_path / "landing/litellm/deep/er/in.json", "2026-11-01T05:59:59")
    touch(tmp_path / "landing/litellm/out.json", "2026-11-01T06:00:00")
    assert [file.name for file in find_files(sources, [HOUR], tmp_path)] == ["landing/litellm/deep/er/in.json"]


def test_hidden_files_and_directories_are_not_landing_files(tmp_path: Path) -> None:
    sources = read_sources(sources_file(tmp_path, GOOD), tmp_path)
    touch(tmp_path / "landing/gateway/2026-11-01/05/.part.jsonl.unfinished")
    (tmp_path / "landing/gateway/2026-11-01/05/directory").mkdir()
    assert find_files(sources, [HOUR], tmp_path) == []


def test_a_file_matched_by_two_sources_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace("landing/litellm/**/*.json", "landing/**/{date}/{hour}/*")
    sources = read_sources(sources_file(tmp_path, text), tmp_path)
    touch(tmp_path / "landing/gateway/2026-11-01/05/part.jsonl")
    (file,) = find_files(sources, [HOUR], tmp_path)
    assert file.refusal == "matches two sources, gateway and litellm: narrow `files` in one"


def test_brackets_in_the_path_of_the_home_are_not_a_glob_pattern(tmp_path: Path) -> None:
    home = tmp_path / "home[1]*"
    touch(home / "landing/gateway/2026-11-01/05/part.jsonl")
    sources = read_sources(sources_file(tmp_path, GOOD), home)
    assert [file.name for file in find_files(sources, [HOUR], home)] == ["landing/gateway/2026-11-01/05/part.jsonl"]


def test_an_absolute_pattern_is_not_resolved_against_the_home(tmp_path: Path) -> None:
    outside_file = touch(tmp_path / "elsewhere/2026-11-01/05/part.jsonl")
    text = GOOD.replace("landing/gateway", str(tmp_path / "elsewhere"))
    sources = read_sources(sources_file(tmp_path, text), tmp_path / "home")
    assert [file.name for file in find_files(sources, [HOUR], tmp_path / "home")] == [str(outside_file)]


ODD_NAMES = [
    "東京　チーム", "My Team", "non\u00a0breaking", "👩\u200d💻", "\u202ertl\u200f", "new\nline", "tab\there", "quo\"te'; drop table x",
    "100%", "%41", "a*b?c[d]", "{date}", "{hour}", "..hidden", ".dotteam", "R&D + Ops", "-rf", "~", "x" * 200, "ünïcode ☃", "e\u0301", "back\\slash",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape"), "caf\udce9", "$(HOME)", "#", " lead", "trail ", "\x7f", "\x1b[31m",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_folders_with_any_name_are_searched_and_stored_under_a_printable_name(tmp_path: Path, name: str) -> None:
    sources = read_sources(SHIPPED, tmp_path)
    path = touch(tmp_path / f"landing/litellm/{name}/2026-11-01/05/time-05_{name[:40]}.json")
    (file,) = find_files(sources, [HOUR], tmp_path)
    assert (file.path, file.refusal) == (path, None)
    assert file.name.isprintable()
    assert landing_path(file.name, tmp_path) == path
    assert unmatched_files(sources, tmp_path / "landing", tmp_path) == []


def test_different_names_are_stored_as_different_names(tmp_path: Path) -> None:
    names = [landing_name(tmp_path / name, tmp_path) for name in ODD_NAMES]
    assert len(set(names)) == len(ODD_NAMES)


def test_files_with_odd_names_land_and_stay_distinguishable(place: Place) -> None:
    for number, name in enumerate(ODD_NAMES):
        if not name.startswith("."):
            place.put(f"{name}.jsonl", line(request_id=f"r{number}"))
    landed = place.land()
    expected = {f"r{number}" for number, name in enumerate(ODD_NAMES) if not name.startswith(".")}
    assert {row["request_id"] for row in place.rows()} == expected
    assert all(file.landing_file.isprintable() for file in landed)


def test_an_entry_that_is_not_a_file_is_refused_with_a_reason_and_the_others_land(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = place.put("good.jsonl", line())
    os.mkfifo(good.with_name("pipe.jsonl"))
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(good.parent)
        server.bind("socket.jsonl")
    good.with_name("folder.json").mkdir()
    good.with_name("plain folder").mkdir()
    secret = touch(tmp_path / "elsewhere" / "secret.jsonl")
    good.with_name("out.jsonl").symlink_to(secret)
    good.with_name("nowhere.jsonl").symlink_to(tmp_path / "nowhere")
    good.with_name("circle.jsonl").symlink_to("circle.jsonl")
    good.with_name("inside.jsonl").symlink_to("good.jsonl")
    good.with_name("part.jsonl.tmp").write_bytes(line())
    with good.with_name("sparse.jsonl").open("wb") as stream:
        stream.truncate(3 << 30)
    with good.with_name("giant.jsonl").open("wb") as stream:
        stream.truncate(70 << 30)
    place.land()
    assert {Path(row["landing_file"]).name for row in place.rows()} == {"good.jsonl", "inside.jsonl"}
    assert {Path(file.landing_file).name: file.reason for file in place.inventory.refused_files()} == {
        "pipe.jsonl": "not a regular file, but a pipe, socket or device",
        "socket.jsonl": "not a regular file, but a pipe, socket or device",
        "folder.json": "a folder with a file's name",
        "out.jsonl": "a link that leads out of the landing area",
        "nowhere.jsonl": "a broken link",
        "circle.jsonl": "a broken link",
        "part.jsonl.tmp": "unfinished, judging by its suffix",
        "sparse.jsonl": "an almost entirely sparse file",
        "giant.jsonl": "larger than 64 GiB",
    }


class _Capabilities(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


@contextmanager
def bound_by_permissions() -> Iterator[None]:
    """Drops the two capabilities (CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH) with which root may read every file."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, capabilities = (ctypes.c_uint32 * 2)(0x20080522, 0), (_Capabilities * 2)()
    assert libc.capget(header, capabilities) == 0
    before = capabilities[0].effective
    capabilities[0].effective = before & ~0b110
    assert libc.capset(header, capabilities) == 0
    try:
        yield
    finally:
        capabilities[0].effective = before
        assert libc.capset(header, capabilities) == 0


def test_a_file_without_permission_is_refused(place: Place) -> None:
    place.put("closed.jsonl", line()).chmod(0)
    place.put("good.jsonl", line(request_id="g"))
    with bound_by_permissions():
        place.land()
    assert [row["request_id"] for row in place.rows()] == ["g"]
    assert [file.reason for file in place.inventory.refused_files()] == ["cannot be read: Permission denied"]


def test_a_symlink_to_a_folder_outside_the_landing_area_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere/05/part.jsonl")
    (tmp_path / "landing/gateway").mkdir(parents=True)
    (tmp_path / "landing/gateway/2026-11-01").symlink_to(tmp_path / "elsewhere")
    (file,) = find_files(read_sources(SHIPPED, tmp_path), [HOUR], tmp_path)
    assert (file.name, file.refusal) == (
        "landing/gateway/2026-11-01",
        "a link that leads out of the landing area",
    )


def test_the_landing_area_itself_may_be_a_symlink(tmp_path: Path) -> None:
    touch(tmp_path / "disk/gateway/2026-11-01/05/part.jsonl")
    (tmp_path / "landing").symlink_to(tmp_path / "disk")
    (file,) = find_files(read_sources(SHIPPED, tmp_path), [HOUR], tmp_path)
    assert (file.name, file.refusal) == ("landing/gateway/2026-11-01/05/part.jsonl", None)


def test_objects_named_by_litellm_are_found_by_the_hour_in_their_names(tmp_path: Path) -> None:
    for hour in ("05", "06"):
        touch(tmp_path / f"landing/litellm/logs/My Team/2026-11-01/time-{hour}-10-00-123456_chatcmpl-1.json")
    (file,) = find_files(read_sources(SHIPPED, tmp_path), [HOUR], tmp_path)
    assert (file.landed_hour, file.name.endswith("time-05-10-00-123456_chatcmpl-1.json")) == (HOUR, True)


def test_files_that_no_source_matches_are_listed(tmp_path: Path) -> None:
    for name in (
        "gateway/2026-11-01/part.jsonl",
        "other/2026-11-01/05/part.jsonl",
        "gateway/2026-11-01/5/part.jsonl",
        "lost.json",
    ):
        touch(tmp_path / "landing" / name)
    touch(tmp_path / "landing/gateway/2026-11-01/05/part.jsonl")
    touch(tmp_path / "landing/gateway/2026-11-01/05/.unfinished")
    assert unmatched_files(read_sources(SHIPPED, tmp_path), tmp_path / "landing", tmp_path) == [
        "landing/gateway/2026-11-01/5/part.jsonl",
        "landing/gateway/2026-11-01/part.jsonl",
        "landing/lost.json",
        "landing/other/2026-11-01/05/part.jsonl",
    ]


ZONES = {
    "America/New_York": ("2026-11-01/00", "2026-11-01T04:00", "2026-11-01T05:05"),
    "Asia/Kolkata": ("2026-11-01/10", "2026-11-01T04:00", "2026-11-01T05:35"),
    "Asia/Tokyo": ("2026-11-02/01", "2026-11-01T16:00", "2026-11-01T17:05"),
    "Europe/Berlin": ("2026-10-25/02", "2026-10-25T00:00", "2026-10-25T02:05"),
}


@pytest.mark.parametrize("zone", ZONES)
def test_folders_may_be_named_in_another_time_zone(tmp_path: Path, zone: str) -> None:
    folder, landed_hour, latest = ZONES[zone]
    text = GOOD.replace('{date}/{hour}/*"', '{date}/{hour}/*"\n    timezone: ' + zone)
    touch(tmp_path / f"landing/gateway/{folder}/part.jsonl")
    (file,) = find_files(read_sources(sources_file(tmp_path, text), tmp_path), [at(landed_hour)], tmp_path)
    assert (file.landed_hour, file.latest_at) == (at(landed_hour), at(latest))


LATEST = {
    "a file that was written in its hour": ("2026-11-01T05:59", "2026-11-01T06:05"),
    "a file that was written five hours after it": ("2026-11-01T11:00", "2026-11-01T11:05"),
    "a file that was copied days later": ("2026-11-05T00:00", "2026-11-01T20:05"),
    "a file whose time is lost": ("1970-01-01T00:00", "2026-11-01T06:05"),
}


@pytest.mark.parametrize("kind", LATEST)
def test_the_latest_accepted_request_time_depends_on_the_file_and_not_its_folder(tmp_path: Path, kind: str) -> None:
    written, latest = LATEST[kind]
    touch(tmp_path / "landing/gateway/2026-11-01/05/part.jsonl", written)
    (file,) = find_files(read_sources(SHIPPED, tmp_path), [HOUR], tmp_path)
    assert file.latest_at == at(latest)


def test_absurd_modification_times_stop_nothing(tmp_path: Path) -> None:
    file = touch(tmp_path / "landing/gateway/2026-11-01/05/part.jsonl")
    os.utime(file, ns=(0, 2**62))
    assert len(find_files(read_sources(SHIPPED, tmp_path), [HOUR], tmp_path)) == 1
    assert isinstance(find_files(read_sources(SHIPPED, tmp_path), [HOUR], tmp_path)[0].latest_at, datetime)
