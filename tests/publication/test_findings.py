"""The record of what audits found: valid from the snapshot of the run that found it until the hour is derived anew."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from makegood.errors import MakegoodError
from makegood.hours import HOUR
from makegood.publication.findings import BLOCKED, HELD, Finding
from makegood.publication.publications import Contents, Publications
from makegood.storage.sqlite_files import open_sqlite

NOON = datetime(2026, 11, 1, 12)
DEAR = Finding(
    "fct_compensations.largest_payout_usd", HELD, NOON, "150", "at most 100", "No payout is large.", "[]", 2,
    Decimal("150.010000000001"), datetime(2026, 11, 2),
)  # fmt: skip


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Publications]:
    record = Publications(tmp_path / "publications.sqlite")
    yield record
    record.close()


def run(record: Publications, snapshot_id: int, *found: Finding, hour: datetime = NOON) -> None:
    """One run, which derived the hour, found this, and published."""
    run_id = f"run {snapshot_id}"
    record.mark_written([hour], run_id)
    record.findings.note(run_id, found)
    record.publish(snapshot_id, run_id, Contents(None, 0, 0, Decimal(0)), None, (0, ""))


def test_a_finding_is_valid_from_its_snapshot_until_the_hour_is_derived_anew(record: Publications) -> None:
    run(record, 5, DEAR)
    run(record, 6, hour=NOON + HOUR)
    assert [record.findings.held(snapshot) for snapshot in (4, 5, 6)] == [[], [DEAR], [DEAR]]
    run(record, 7)
    assert [record.findings.held(snapshot) for snapshot in (6, 7)] == [[DEAR], []]


def test_a_value_that_is_found_again_keeps_its_first_time_and_another_payout_has_its_own(record: Publications) -> None:
    later = datetime(2026, 11, 9)
    run(record, 5, DEAR)
    run(record, 6, replace(DEAR, found_at=later))
    assert record.findings.held(6) == [DEAR]
    dearer = replace(DEAR, payout_usd=Decimal(151), found_at=later)
    run(record, 7, dearer)
    assert record.findings.held(7) == [dearer]


def test_a_hold_of_an_hour_that_another_run_wrote_since_is_not_valid(record: Publications) -> None:
    record.mark_written([NOON], "first")
    record.findings.note("first", [DEAR])
    run(record, 6)
    assert record.findings.held(6) == []


def test_a_fault_blocks_only_while_hours_of_its_run_are_not_audited(record: Publications) -> None:
    fault = replace(DEAR, severity=BLOCKED, hour=None)
    record.mark_written([NOON], "broken")
    record.findings.note("broken", [fault])
    assert record.findings.blocking() == [fault]
    run(record, 6)
    assert record.findings.blocking() == []


def test_a_changed_finding_is_named_as_damage(record: Publications, tmp_path: Path) -> None:
    run(record, 5, DEAR)
    db = open_sqlite(tmp_path / "publications.sqlite", "")
    db.execute("update findings set payout_usd = '0.01'")
    db.close()
    with pytest.raises(MakegoodError, match="differs from what was recorded"):
        record.findings.held(5)
