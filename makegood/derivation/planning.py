"""Which request hours a run derives besides those of its own files: late, stale and unaudited hours, and hours to restate.

Connections in this module are attached to the newest snapshot of the warehouse. window.py builds and writes the window.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import duckdb

from makegood.derivation import baselines, window
from makegood.errors import MakegoodError
from makegood.hours import HourRange
from makegood.ingestion.inventory import Inventory
from makegood.policy.digests import PolicyDigests
from makegood.policy.signals import BaselineTerms
from makegood.storage.warehouse import has_table


def extra_hours(
    hours: HourRange,
    inventory: Inventory,
    con: duckdb.DuckDBPyConnection,
    unaudited: Sequence[tuple[datetime, str]],
    lookback_hours: int,
    terms: BaselineTerms,
) -> set[datetime]:
    """The request hours that a run of these landing hours derives besides those of its own files."""
    late = late_hours(hours, inventory, con, lookback_hours)
    late |= hours_of_other_baselines(hours, inventory, con, lookback_hours, terms)
    return late | hours_left_unaudited(hours, inventory, unaudited)


def late_hours(
    hours: HourRange, inventory: Inventory, con: duckdb.DuckDBPyConnection, lookback_hours: int
) -> set[datetime]:
    """Request hours touched by files that landed in the lookback period, where the warehouse was not derived from the current parts."""
    looked_back = HourRange(hours.start - timedelta(hours=lookback_hours), hours.start)
    names = [file.landing_file for file in inventory.files_of_hours(looked_back)]
    touched = inventory.hours_touched(names)
    return touched - derived_hours(touched, inventory, con)


def restated_hours(hours: HourRange, con: duckdb.DuckDBPyConnection) -> set[datetime]:
    """The request hours in the range that have been derived, and therefore can be restated.

    Raises:
        MakegoodError: none of them has been derived.
    """
    derived = {
        hour for used in baseline_digests_in_use(hours.start.date(), hours.end.date(), con).values() for hour in used
    }
    if not (restated := derived & set(hours)):
        raise MakegoodError(f"nothing to restate: no request hour from {hours} has been derived")
    return restated


def hours_of_other_baselines(
    hours: HourRange, inventory: Inventory, con: duckdb.DuckDBPyConnection, lookback_hours: int, terms: BaselineTerms
) -> set[datetime]:
    """Derived request hours whose latency baselines are out of date: the deliveries that these are measured from, or the terms, changed."""
    first = (hours.start - timedelta(hours=lookback_hours)).date()
    days = baseline_digests_in_use(first, (hours.end + baselines.reach(terms)).date(), con)
    digests = baselines.baseline_digests(days, inventory, terms)
    return {hour for day, used in days.items() for hour, digest in used.items() if digest != digests[day]}


def hours_left_unaudited(
    hours: HourRange, inventory: Inventory, unaudited: Sequence[tuple[datetime, str]]
) -> set[datetime]:
    """All hours that an earlier, failed or killed run of these landing hours wrote but did not publish; this run derives them again.

    Args:
        hours: landing hours.
        inventory: what has landed.
        unaudited: each request hour that was written but not audited, with the id of the run that wrote it.
    """
    touched = inventory.hours_touched([file.landing_file for file in inventory.files_of_hours(hours)])
    runs = {run_id for hour, run_id in unaudited if hour in touched}
    return {hour for hour, run_id in unaudited if run_id in runs}


def unmeasured_days(
    piece: window.Window, inventory: Inventory, con: duckdb.DuckDBPyConnection, terms: BaselineTerms
) -> set[date]:
    """Days of the window whose current latency baselines no hour has been derived with yet."""
    days = {hour.date() for hour in piece.request_hours}
    used = baseline_digests_in_use(min(days), max(days), con) if days else {}
    return {
        day
        for day, digest in baselines.baseline_digests(days, inventory, terms).items()
        if digest not in used.get(day, {}).values()
    }


def baseline_digests_in_use(first: date, last: date, con: duckdb.DuckDBPyConnection) -> dict[date, dict[datetime, str]]:
    """For each day from `first` to `last`, its derived hours and the digest of the baselines that each was derived with."""
    used: dict[date, dict[datetime, str]] = defaultdict(dict)
    if has_table(con, "fct_request_hours"):
        rows = con.execute(
            "select request_date, hour_at, baseline_digest from fct_request_hours where request_date between ? and ?",
            [first, last],
        ).fetchall()
        for day, hour, digest in rows:
            used[day][hour] = digest
    return used


def derived_hours(hours: set[datetime], inventory: Inventory, con: duckdb.DuckDBPyConnection) -> set[datetime]:
    """Those of the hours that the warehouse derived from exactly the parts that are current now."""
    if not hours or not has_table(con, "fct_request_hours"):
        return set()
    digests = window.input_digests(hours, inventory)
    rows = con.execute(
        "select hour_at, input_digest from fct_request_hours where request_date between ? and ?",
        [min(hours).date(), max(hours).date()],
    ).fetchall()
    return {hour for hour, digest in rows if digests.get(hour) == digest}


def current_hours(
    hours: set[datetime], inventory: Inventory, con: duckdb.DuckDBPyConnection, policy: PolicyDigests
) -> set[datetime]:
    """Those of the hours that a derivation would not change: their parts, baselines and policy are what they were derived from."""
    current = derived_hours(hours, inventory, con)
    if not current:
        return set()
    measured = baselines.baseline_digests({hour.date() for hour in current}, inventory, policy.baselines)
    rows = con.execute(
        "select hour_at, policy_digest, baseline_digest from fct_request_hours where request_date between ? and ?",
        [min(current).date(), max(current).date()],
    ).fetchall()
    return {
        hour
        for hour, policy_digest, baseline_digest in rows
        if hour in current and (policy_digest, baseline_digest) == (policy.at(hour), measured[hour.date()])
    }
