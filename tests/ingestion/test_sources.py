"""sources.yml and the files that it finds: mistakes are named in one sentence."""

import os
from pathlib import Path

import pytest
from conftest import HOUR, at

from orchestration.errors import MakegoodError
from orchestration.ingestion.finding import find_files
from orchestration.ingestion.sources import ASSESSMENTS, read_assessments, read_sources

GOOD = """
sources:
  - name: gateway
    adapter: canonical
    files: "landing/gateway/{date}/{hour}/*"
  - name: litellm
    adapter: litellm
    files: "landing/litellm/**/*.json"
"""


def sources_file(home: Path, text: str) -> Path:
    file = home / "sources.yml"
    file.write_text(text)
    return file


def touch(path: Path, moment: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    if moment:
        seconds = (at(moment) - at("1970-01-01")).total_seconds()
        os.utime(path, (seconds, seconds))
    return path


def test_sources_are_read_with_their_adapters(tmp_path: Path) -> None:
    gateway, litellm = read_sources(sources_file(tmp_path, GOOD), tmp_path)
    assert (gateway.name, gateway.adapter.name, gateway.is_dated) == ("gateway", "canonical.sql", True)
    assert (litellm.name, litellm.adapter.name, litellm.is_dated) == ("litellm", "litellm.sql", False)


def test_feeds_of_verdicts_are_read_and_there_may_be_none(tmp_path: Path) -> None:
    assert read_assessments(sources_file(tmp_path, GOOD), tmp_path) == []
    (judge,) = read_assessments(
        sources_file(tmp_path, GOOD + 'assessments: [{name: judge, files: "landing/judge/{date}/{hour}/*"}]'), tmp_path
    )
    assert (judge.name, judge.adapter, judge.holds_assessments) == ("judge", ASSESSMENTS, True)


FEED_MISTAKES = {
    "no list": ("assessments: judge", "`assessments` is a list of feeds, each with name and files"),
    "no files": ("assessments: [{name: judge}]", "assessments 1: `files` is missing"),
    "an adapter": (
        'assessments: [{name: judge, adapter: canonical, files: "x"}]',
        "assessments 1: unknown field `adapter`",
    ),
    "a gateway's name": ('assessments: [{name: gateway, files: "x"}]', "'gateway' has the name of a source"),
}


@pytest.mark.parametrize("mistake", FEED_MISTAKES)
def test_a_mistake_in_a_feed_of_verdicts_is_named(tmp_path: Path, mistake: str) -> None:
    text, reason = FEED_MISTAKES[mistake]
    with pytest.raises(MakegoodError) as caught:
        read_assessments(sources_file(tmp_path, GOOD + text), tmp_path)
    assert reason in str(caught.value)


MISTAKES = {
    "no YAML": ("sources: [", "is not YAML"),
    "nothing": ("", "names no sources"),
    "no list": ("sources: gateway", "names no sources"),
    "an empty list": ("sources: []", "names no sources"),
    "an entry that is text": ("sources: [gateway]", "source 1: an entry has the fields name, adapter and files"),
    "an unknown key": (
        "sources: []\nassesments: []",
        "unknown key `assesments`; there are `sources` and `assessments`",
    ),
    "no adapter": ('sources: [{name: a, files: "x"}]', "source 1: `adapter` is missing"),
    "an unknown field": (
        'sources: [{name: a, adapter: canonical, files: "x", file: y}]',
        "source 1: unknown field `file`",
    ),
    "an unknown adapter": (
        'sources: [{name: a, adapter: litelm, files: "x"}]',
        "source 1: there is no adapter 'litelm'; there are: canonical, litellm",
    ),
    "a name with a blank": (
        'sources: [{name: "a b", adapter: canonical, files: "x"}]',
        "the name 'a b' may hold letters",
    ),
    "an hour without a date": (
        'sources: [{name: a, adapter: canonical, files: "{hour}/x"}]',
        "must hold both {date} and {hour}",
    ),
    "an object store": ('sources: [{name: a, adapter: canonical, files: "s3://b/x"}]', "must be a path"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, mistake: str) -> None:
    text, message = MISTAKES[mistake]
    with pytest.raises(MakegoodError) as caught:
        read_sources(sources_file(tmp_path, text), tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named_with_the_setting(tmp_path: Path) -> None:
    with pytest.raises(
        MakegoodError, match=r"cannot read the sources file .*sources\.yml: No such file.*MAKEGOOD_SOURCES"
    ):
        read_sources(tmp_path / "sources.yml", tmp_path)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "sources.yml").write_bytes(b"sources: \xff")
    with pytest.raises(MakegoodError, match=r"sources\.yml is not UTF-8 text, at byte 9"):
        read_sources(tmp_path / "sources.yml", tmp_path)


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


def test_a_file_of_two_sources_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace("landing/litellm/**/*.json", "landing/**/{date}/{hour}/*")
    sources = read_sources(sources_file(tmp_path, text), tmp_path)
    touch(tmp_path / "landing/gateway/2026-11-01/05/part.jsonl")
    with pytest.raises(
        MakegoodError, match=r"part\.jsonl matches two sources, gateway and litellm: narrow `files` in one"
    ):
        find_files(sources, [HOUR], tmp_path)


def test_a_name_that_cannot_be_printed_is_refused(tmp_path: Path) -> None:
    sources = read_sources(sources_file(tmp_path, GOOD), tmp_path)
    touch(tmp_path / "landing/gateway/2026-11-01/05/new\nline.jsonl")
    with pytest.raises(MakegoodError, match="is not printable text: rename it"):
        find_files(sources, [HOUR], tmp_path)


def test_a_home_with_brackets_in_its_name_is_no_pattern(tmp_path: Path) -> None:
    home = tmp_path / "home[1]*"
    touch(home / "landing/gateway/2026-11-01/05/part.jsonl")
    sources = read_sources(sources_file(tmp_path, GOOD), home)
    assert [file.name for file in find_files(sources, [HOUR], home)] == ["landing/gateway/2026-11-01/05/part.jsonl"]


def test_an_absolute_pattern_is_taken_as_it_is(tmp_path: Path) -> None:
    elsewhere = touch(tmp_path / "elsewhere/2026-11-01/05/part.jsonl")
    text = GOOD.replace("landing/gateway", str(tmp_path / "elsewhere"))
    sources = read_sources(sources_file(tmp_path, text), tmp_path / "home")
    assert [file.name for file in find_files(sources, [HOUR], tmp_path / "home")] == [str(elsewhere)]
