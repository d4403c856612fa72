"""Long ranges: published slice by slice, interrupted, and gone on with."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from running_gateway import FIRST, Gateway, record

from makegood.derivation.slices import Slice
from makegood.derivation.views import note_built_from
from makegood.errors import MakegoodError
from makegood.home import Home, publications_file
from makegood.hours import HOUR, HourRange
from makegood.publication.publications import Publications
from makegood.publication.reading import current_publication
from makegood.settings import PROJECT
from orchestration.slicing import remaining_slices

DAYS = 3
DAY = timedelta(days=1)
MIB = 1 << 20
LARGE = "x" * MIB
"""A prompt, which is not stored, but fills a slice of the smallest size."""
RANGE = HourRange(FIRST, FIRST + DAYS * DAY)
COMMAND = [sys.executable, "-m", "orchestration", "run", "--from", f"{RANGE.start:%Y-%m-%dT%H}", "--to", f"{RANGE.end:%Y-%m-%dT%H}"]  # fmt: skip


def land_days(gateway: Gateway) -> None:
    """Land a failed request on each day, and in each day's first hour one that began the day before."""
    for number in range(DAYS):
        day = FIRST + number * DAY
        late = record(f"late-{number}", day - timedelta(minutes=1), status_code="503")
        gateway.land(day, [late, record(f"r{number}", day, status_code="503", messages=LARGE)])


def environment(gateway: Gateway) -> dict[str, str]:
    return {
        **os.environ,
        "MAKEGOOD_HOME": str(gateway.root),
        "MAKEGOOD_SOURCES": str(gateway.root / "sources.yml"),
        "MAKEGOOD_BACKFILL_SLICE": "1MiB",
    }


def remaining(gateway: Gateway, hours: HourRange = RANGE) -> list[Slice]:
    gateway.settings = gateway.settings.model_copy(update={"backfill_slice": MIB})
    return remaining_slices(hours, Home(gateway.root).prepare(), gateway.settings)


@pytest.fixture
def derived(tmp_path: Path) -> Gateway:
    """A copy of a home in which all days are published."""

    def fill(gateway: Gateway) -> None:
        land_days(gateway)
        gateway.run(RANGE.start, DAYS * 24)

    return Gateway.copied("days", fill, tmp_path)


def published(gateway: Gateway) -> bool:
    try:
        current_publication(gateway.root / "warehouse")
    except MakegoodError:
        return False
    return True


def test_first_day_of_a_killed_range_is_published_and_running_it_again_goes_on_to_the_same_marts(
    derived: Gateway, tmp_path: Path
) -> None:
    (tmp_path / "killed").mkdir()
    killed = Gateway(tmp_path / "killed")
    land_days(killed)
    process = subprocess.Popen(
        COMMAND, cwd=PROJECT, env=environment(killed), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    while not published(killed):
        assert process.poll() is None, "the run ended before it published"
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert killed.query("select max(request_date) from fct_requests") == [(FIRST.date(),)]

    result = subprocess.run(COMMAND, cwd=PROJECT, env=environment(killed), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "Published already up to 2026-11-02T00: going on from there" in result.stderr
    assert "2 of 2 pieces done, 4 rows" in result.stderr
    assert killed.marts() == derived.marts()
    assert [piece.hours.start for piece in remaining(killed)] == [RANGE.end - DAY]


def write_without_publishing(gateway: Gateway) -> None:
    with closing(Publications(publications_file(gateway.root / "warehouse"))) as record:
        record.mark_written([FIRST], "of a run that failed")


CHANGES: dict[str, Callable[[Gateway], object]] = {
    "a file was added": lambda gateway: gateway.land(FIRST + HOUR, [record("added", FIRST)]),
    "a file changed": lambda gateway: gateway.land(FIRST, [record("r0", FIRST, messages=LARGE)]),
    "an hour was written and not published": write_without_publishing,
    "the project changed": lambda gateway: note_built_from(gateway.root / "warehouse", "another project"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_slice_is_run_again_if_what_it_is_derived_from_changed(derived: Gateway, change: str) -> None:
    assert [piece.hours.start for piece in remaining(derived)] == [RANGE.end - DAY]
    CHANGES[change](derived)
    assert remaining(derived)[0].hours.start == FIRST


def test_a_slice_with_hours_that_were_never_published_is_run(derived: Gateway) -> None:
    longer = HourRange(FIRST - DAY, RANGE.end)
    assert remaining(derived, longer)[0].hours == HourRange(FIRST - DAY, FIRST + DAY)


def test_days_are_joined_up_to_the_size_and_never_divided(gateway: Gateway) -> None:
    assert [piece.hours for piece in remaining(gateway)] == [RANGE], "a range without files is one slice"
    for day in range(DAYS):
        gateway.land(FIRST + day * DAY + HOUR, [record("a", FIRST, messages="x" * (MIB // 3))])
    assert [piece.hours.start for piece in remaining(gateway)] == [FIRST, FIRST + 2 * DAY]
    gateway.land(FIRST + DAY + 2 * HOUR, [record("b", FIRST, messages=LARGE)])
    assert [piece.hours.start for piece in remaining(gateway)] == [FIRST, FIRST + DAY, FIRST + 2 * DAY]
