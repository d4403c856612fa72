"""Which hours a run derives besides its own, tested one reason at a time on a warehouse with a single table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import duckdb
import pytest
from landing_place import HOUR, Place, line

from makegood.derivation import planning
from makegood.derivation.baselines import baseline_digest
from makegood.derivation.window import Window, input_digests
from makegood.errors import MakegoodError
from makegood.hours import HourRange
from makegood.policy.digests import policy_digests
from makegood.policy.signals import baseline_terms
from makegood.policy.validation import valid_policy

NEXT = HourRange(HOUR + timedelta(hours=1), HOUR + timedelta(hours=2))
"""The landing hour after the one whose files land here."""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in which no hour is derived yet."""
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as makegood")
        con.execute("use makegood")
        yield con


@pytest.fixture
def landed(place: Place) -> Place:
    """Lands one request of HOUR."""
    place.land_lines(line())
    return place


def derive(con: duckdb.DuckDBPyConnection, hour: datetime, inputs: str, baselines: str) -> None:
    con.execute(
        "create table if not exists fct_request_hours"
        " (request_date date, hour_at timestamp, input_digest varchar, baseline_digest varchar)"
    )
    con.execute("insert into fct_request_hours values (?, ?, ?, ?)", [hour.date(), hour, inputs, baselines])


def test_a_late_hour_is_derived_until_it_matches_its_current_parts(
    landed: Place, con: duckdb.DuckDBPyConnection
) -> None:
    assert planning.late_hours(NEXT, landed.inventory, con, 48) == {HOUR}
    assert planning.late_hours(NEXT, landed.inventory, con, 0) == set()

    derive(con, HOUR, "of older parts", "")
    assert planning.late_hours(NEXT, landed.inventory, con, 48) == {HOUR}
    con.execute("update fct_request_hours set input_digest = ?", [input_digests([HOUR], landed.inventory)[HOUR]])
    assert planning.late_hours(NEXT, landed.inventory, con, 48) == set()


def test_only_derived_hours_are_restated_and_a_range_without_any_is_refused(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(MakegoodError, match="nothing to restate: no request hour from"):
        planning.restated_hours(NEXT, con)
    for hour in (HOUR, NEXT.start, NEXT.end):
        derive(con, hour, "", "")
    assert planning.restated_hours(NEXT, con) == {NEXT.start}


def test_a_derived_hour_is_stale_if_the_input_of_its_baselines_changed(
    landed: Place, con: duckdb.DuckDBPyConnection
) -> None:
    terms, day = baseline_terms(), HOUR.date()
    piece = Window((HOUR,), ())
    assert planning.hours_of_other_baselines(NEXT, landed.inventory, con, 48, terms) == set()
    assert planning.unmeasured_days(piece, landed.inventory, con, terms) == {day}

    derive(con, HOUR, "", baseline_digest(day, landed.inventory, terms))
    assert planning.hours_of_other_baselines(NEXT, landed.inventory, con, 48, terms) == set()
    assert planning.unmeasured_days(piece, landed.inventory, con, terms) == set()

    con.execute("update fct_request_hours set baseline_digest = 'of older files'")
    assert planning.hours_of_other_baselines(NEXT, landed.inventory, con, 48, terms) == {HOUR}
    assert planning.unmeasured_days(piece, landed.inventory, con, terms) == {day}


def test_all_unaudited_hours_of_a_run_are_derived_with_any_one_of_them(landed: Place) -> None:
    hours, later = HourRange(HOUR, NEXT.start), NEXT.start
    unaudited = [(HOUR, "failed"), (later, "failed"), (NEXT.end, "another")]
    assert planning.hours_left_unaudited(hours, landed.inventory, unaudited) == {HOUR, later}
    assert planning.hours_left_unaudited(NEXT, landed.inventory, unaudited) == set()


def test_a_derived_hour_is_current_while_its_parts_baselines_and_policy_are_those_it_was_derived_from(
    landed: Place, con: duckdb.DuckDBPyConnection
) -> None:
    policy = policy_digests(valid_policy())
    derive(
        con,
        HOUR,
        input_digests([HOUR], landed.inventory)[HOUR],
        baseline_digest(HOUR.date(), landed.inventory, policy.baselines),
    )
    con.execute("alter table fct_request_hours add column policy_digest varchar")
    con.execute("update fct_request_hours set policy_digest = ?", [policy.at(HOUR)])
    assert planning.current_hours({HOUR}, landed.inventory, con, policy) == {HOUR}
    assert planning.current_hours({NEXT.start}, landed.inventory, con, policy) == set()
    for column in ("input_digest", "baseline_digest", "policy_digest"):
        con.execute("begin")
        con.execute(f"update fct_request_hours set {column} = 'of something older'")
        assert planning.current_hours({HOUR}, landed.inventory, con, policy) == set()
        con.execute("rollback")
