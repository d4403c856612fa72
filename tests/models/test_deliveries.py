"""Merging of deliveries into requests, compared with the same rule in plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
from derived_home import Delivery, delivery, hour_of, input_deliveries, key_of, write_run
from hypothesis import given, settings
from hypothesis import strategies as st

START = datetime.fromisoformat("2026-11-01")
WEEK = timedelta(days=7)
MERGED = ("cost_usd", "finish_reason", "status_code")

SEEDS = """
create table makegood.model_prices (
    model varchar, input_price_usd decimal(20, 15), output_price_usd decimal(20, 15), cached_price_usd decimal(20, 15),
    cache_write_price_usd decimal(20, 15), cache_write_1h_price_usd decimal(20, 15), effective_from timestamp, effective_to timestamp
);
create table makegood.failure_faults (
    rank integer, error_origin varchar, status varchar, error_code varchar, fault varchar, effective_from timestamp, effective_to timestamp
);
"""
offsets = st.sampled_from([0, 1, 2, 167, 168, 169, 170, 335, 336, 337, 338])
deliveries = st.lists(
    st.builds(
        lambda key, offset, minute, landed, file, values: delivery(
            key,
            START + timedelta(hours=offset, minutes=minute),
            landed_hour=START + timedelta(hours=landed),
            landing_file=file,
            **values,
        ),
        st.sampled_from(["a", "b"]),
        offsets,
        st.integers(0, 59),
        st.integers(0, 3),
        st.sampled_from(["file-a", "file-b"]),
        st.fixed_dictionaries(
            {
                "account_id": st.sampled_from(["unknown", "acme", "other"]),
                "cost_usd": st.none() | st.sampled_from([Decimal("0.1"), Decimal("0.2"), Decimal(0)]),
                "latency_ms": st.none() | st.integers(1, 9),
                "finish_reason": st.none() | st.sampled_from(["stop", "error"]),
                "status_code": st.none() | st.sampled_from(["200", "500"]),
            }
        ),
    ),
    max_size=9,
)


def place(row: Delivery) -> tuple[Any, ...]:
    return row["landed_hour"], row["landing_file"], row["landing_line"]


def merged(rows: list[Delivery], window: set[datetime]) -> dict[tuple[str, datetime], tuple[Any, ...]]:
    """The expected current rows by key and home hour: times, account, latency, merged values and line."""
    expected = {}
    for key in {row["request_key"] for row in rows}:
        own_deliveries = sorted((row for row in rows if row["request_key"] == key), key=place)
        for home in {hour_of(row["requested_at"]) for row in own_deliveries} & window:
            if any(home - WEEK <= hour_of(row["requested_at"]) < home for row in own_deliveries):
                continue
            group = [row for row in own_deliveries if home <= hour_of(row["requested_at"]) <= home + WEEK]
            at_home = [row for row in group if hour_of(row["requested_at"]) == home]
            timed = [row for row in at_home if row["latency_ms"] is not None] or at_home
            values = [[row[name] for row in group if row[name] is not None] for name in MERGED]
            expected[key, home] = (
                timed[-1]["requested_at"],
                group[0]["requested_at"],
                group[0]["account_id"],
                timed[-1]["latency_ms"],
                *(reported[-1] if reported else None for reported in values),
                group[-1]["landing_line"],
            )
    return expected


@contextmanager
def staging(
    rows: list[Delivery], window: set[datetime], compiled: dict[str, str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the tables of the staging models over these deliveries."""
    with duckdb.connect() as con:
        for database in ("run", "makegood"):
            con.execute(f"attach ':memory:' as {database}")
        write_run(con, "run", rows, window)
        con.execute(SEEDS)
        for model in ("stg_repeated_deliveries", "stg_request_logs"):
            con.execute(f"create table {model} as {compiled[model]}")
        yield con


@settings(max_examples=150, deadline=None)
@given(data=st.data(), drawn=deliveries, hashes_collide=st.booleans())
def test_deliveries_merge_as_specified_and_each_is_current_or_superseded(
    data: st.DataObject, drawn: list[Delivery], hashes_collide: bool, compiled: dict[str, str]
) -> None:
    same_hash = {"key_hash": 7} if hashes_collide else {}
    rows = [{**row, "landing_line": line, **same_hash} for line, row in enumerate(drawn)]
    hours = {hour_of(row["requested_at"]) for row in rows} | {START}
    window = data.draw(st.sets(st.sampled_from(sorted(hours)), min_size=1))
    shuffled = data.draw(st.permutations(input_deliveries(rows, window)))
    with staging(shuffled, window, compiled) as con:
        found = con.execute(
            f"select request_key, requested_at, first_requested_at, account_id, latency_ms, {', '.join(MERGED)}, landing_line"
            " from stg_request_logs"
        ).fetchall()
        superseded = con.execute(
            "select count(*) from stg_repeated_deliveries inner join run.request_hours"
            " using (request_date, request_hour) where not is_current"
        ).fetchone()
    assert len(found) == len(merged(rows, window))
    assert {(row[0], hour_of(row[1])): row[1:] for row in found} == merged(rows, window)
    assert sum(hour_of(row["requested_at"]) in window for row in rows) == len(found) + (superseded or (0,))[0]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), own_deliveries=deliveries, other_deliveries=deliveries, needs_overlap=st.booleans())
def test_deliveries_of_other_accounts_do_not_change_an_accounts_requests(
    data: st.DataObject,
    own_deliveries: list[Delivery],
    other_deliveries: list[Delivery],
    needs_overlap: bool,
    compiled: dict[str, str],
) -> None:
    """The other deliveries have the same ids, times and key hashes, but belong to another or an unknown account."""
    first = [with_account(row, "acme", line, needs_overlap) for line, row in enumerate(own_deliveries)]
    others = [
        with_account(row, data.draw(st.sampled_from(["other", "unknown"])), 100 + line, needs_overlap)
        for line, row in enumerate(other_deliveries)
    ]
    window = {hour_of(row["requested_at"]) for row in (*first, *others)} | {START}
    alone = staged(first, window, compiled)
    together = staged(data.draw(st.permutations([*first, *others])), window, compiled)
    assert [row for row in together if row["account_id"] == "acme"] == alone


def with_account(row: Delivery, account: str, line: int, needs_overlap: bool) -> Delivery:
    key = key_of(row["request_id"], account)
    same = {"account_id": account, "request_key": key, "key_hash": 7, "landing_line": line}
    return {**row, **same, "needs_overlap": needs_overlap}


def staged(rows: list[Delivery], window: set[datetime], compiled: dict[str, str]) -> list[dict[str, Any]]:
    """The rows that the staging models derive from these deliveries, in order."""
    with staging(rows, window, compiled) as con:
        result = con.execute("from stg_request_logs order by request_key, requested_at")
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
