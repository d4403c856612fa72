"""Reading sources.yml: sources and verdict feeds are read, and a mistake gives one sentence."""

from pathlib import Path

import pytest

from makegood.errors import MakegoodError
from makegood.ingestion.sources import ASSESSMENTS, read_assessments, read_sources

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


def test_sources_are_read_with_their_adapters(tmp_path: Path) -> None:
    gateway, litellm = read_sources(sources_file(tmp_path, GOOD), tmp_path)
    assert (gateway.name, gateway.adapter.name, gateway.is_dated) == ("gateway", "canonical.sql", True)
    assert (litellm.name, litellm.adapter.name, litellm.is_dated) == ("litellm", "litellm.sql", False)


def test_verdict_feeds_are_read_and_are_optional(tmp_path: Path) -> None:
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
def test_a_mistake_in_a_verdict_feed_is_reported(tmp_path: Path, mistake: str) -> None:
    text, reason = FEED_MISTAKES[mistake]
    with pytest.raises(MakegoodError) as raised:
        read_assessments(sources_file(tmp_path, GOOD + text), tmp_path)
    assert reason in str(raised.value)


MISTAKES = {
    "no YAML": ("sources: [", "is not YAML"),
    "nothing": ("", "names no sources"),
    "no list": ("sources: gateway", "names no sources"),
    "an empty list": ("sources: []", "names no sources"),
    "an entry that is text": ("sources: [gateway]", "source 1: an entry has the fields name, files and adapter"),
    "an unknown key": (
        "sources: []\nassesments: []",
        "unknown key `assesments`; there are `sources` and `assessments`",
    ),
    "no adapter": ('sources: [{name: a, files: "x"}]', "source 1: `adapter` is missing"),
    "an unknown field": (
        'sources: [{name: a, adapter: canonical, files: "x", file: y}]',
        "source 1: unknown field `file`",
    ),
    "a field that is no text": (
        'sources: [{name: a, adapter: canonical, files: "x", 1: y}]',
        "source 1: unknown field `1`",
    ),
    "a time zone that is left empty": (
        'sources: [{name: a, adapter: canonical, files: "{date}/{hour}/x", timezone: }]',
        "source 1: `timezone` is missing",
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
    "no time zone": (
        'sources: [{name: a, adapter: canonical, files: "{date}/{hour}/x", timezone: New York}]',
        "source 1: there is no time zone 'New York'; names are such as America/New_York",
    ),
    "a time zone that leads elsewhere": (
        'sources: [{name: a, adapter: canonical, files: "{date}/{hour}/x", timezone: ../../etc/passwd}]',
        "source 1: there is no time zone",
    ),
    "a time zone of no hour": (
        'sources: [{name: a, adapter: canonical, files: "x", timezone: Europe/Berlin}]',
        "`timezone` applies to hours in paths, but `files` has no {hour}",
    ),
    "an object store": ('sources: [{name: a, adapter: canonical, files: "s3://b/x"}]', "must be a path"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_file_is_reported(tmp_path: Path, mistake: str) -> None:
    text, message = MISTAKES[mistake]
    with pytest.raises(MakegoodError) as raised:
        read_sources(sources_file(tmp_path, text), tmp_path)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_reported_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(
        MakegoodError, match=r"cannot read the sources file .*sources\.yml: No such file.*MAKEGOOD_SOURCES"
    ):
        read_sources(tmp_path / "sources.yml", tmp_path)


def test_a_file_that_is_not_text_is_reported(tmp_path: Path) -> None:
    (tmp_path / "sources.yml").write_bytes(b"sources: \xff")
    with pytest.raises(MakegoodError, match=r"sources\.yml is not UTF-8 text, at byte 9"):
        read_sources(tmp_path / "sources.yml", tmp_path)
