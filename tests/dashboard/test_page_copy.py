"""A session's copy of the last months gives the same pages as the warehouse, and is removed with its session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from running_gateway import Gateway

from dashboard import sessions
from dashboard.filters import COLUMNS, Filters, PageFilters, SeriesFilters
from dashboard.queries import Queries
from dashboard.sessions import Session
from makegood.storage.queries import sql_beside

PARAMETERS: list[dict[str, Any]] = [
    {},
    {"direction": "asc"},
    {"account": "acme"},
    {"account": "acme", "direction": "asc", "from": "2026-11-01T05", "to": "2026-11-04T17"},
    {"account": "acme", "sort": "latency"},
    {"min_cost": "0.05", "category": "high_latency", "sort": "payout", "direction": "asc"},
    {"sort": "model"},
    {"sort": "finish", "direction": "asc"},
    {"sort": "throughput"},
]


@pytest.fixture
def session(gateway: Gateway, tmp_path: Path) -> Iterator[Session]:
    session = Session(gateway.root / "warehouse", tmp_path)
    yield session
    session.close()


def pages(session: Session, parameters: dict[str, Any], scope: str | None = None) -> list[Any]:
    queries = Queries(session, scope)
    filters_of_pages = [PageFilters(**parameters, page=page, page_size=30) for page in range(1, 6)]
    return [row for filters in filters_of_pages for row in queries.details(filters).rows]


def test_pages_are_the_same_before_and_after_the_copy(session: Session) -> None:
    before = [pages(session, parameters) for parameters in PARAMETERS]
    assert "fct_compensations" in session.facts(session.data_through)
    session.copy(lambda: True)
    assert session.is_copied
    assert [pages(session, parameters) for parameters in PARAMETERS] == before
    assert all(before)


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_the_copy_stores_rows_of_the_same_millisecond_in_the_order_of_the_page(direction: str) -> None:
    expressions = {
        "requested_at": "timestamp '2026-11-01' + to_days(i % 2) + to_milliseconds(i // 40)",
        "source": "['b', 'a', 'B', 'é'][1 + i * 7 % 4]",
        "request_id": "md5(i::varchar)",
    }
    names = [*COLUMNS.values(), "compensation_type", "request_id", "source", "account_id", "request_key"]
    columns = ", ".join(f"{expressions.get(name, 'null')} as {name}" for name in names)
    compensations = sql_beside(sessions.__file__, "day_of_compensations")
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as page")
        con.execute(
            f"create table fct_compensations as select {columns}, requested_at::date as request_date from range(400) as t(i)"
        )
        con.execute(
            f"create table page.compensations as {compensations} limit 0",
            {"day": "2026-11-01"},
        )
        for day in ("2026-11-01", "2026-11-02"):
            con.execute(f"insert into page.compensations {compensations}", {"day": day})
        ids = f"select request_id from page.compensations order by requested_at {direction}"
        assert con.execute(f"{ids}, rowid desc").fetchall() == con.execute(f"{ids}, source, request_id").fetchall()


@pytest.mark.parametrize("account", [None, "acme"])
def test_figures_and_charts_are_the_same_before_and_after_the_copy(session: Session, account: str | None) -> None:
    def all_answers() -> list[Any]:
        queries = Queries(session, account)
        selections = [{"range": "90d"}, {"range": "24h"}, {"from": "2026-11-01T05", "to": "2026-11-04T17"}]
        answers = [
            answer
            for filters in selections
            for answer in (queries.summary(Filters(**filters)), queries.series(SeriesFilters(**filters)))
        ]
        return [queries.models(), *answers]

    before = all_answers()
    session.copy(lambda: True)
    assert all_answers() == before
    assert before[1].kpis.compensation_count > 0


def test_an_unneeded_copy_is_cancelled_and_can_be_made_again(session: Session) -> None:
    session.copy(lambda: False)
    assert not session.is_copied
    session.copy(lambda: True)
    assert session.is_copied


def test_a_range_that_begins_before_the_copy_reads_the_warehouse(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.sessions.COPIED", session.data_through - session.data_through.replace(hour=0, day=4))
    whole = pages(session, {})
    session.copy(lambda: True)
    assert session.facts(session.data_through) == "page.compensations"
    assert pages(session, {}) == whole


def test_a_closed_session_leaves_no_copy_behind(gateway: Gateway, tmp_path: Path) -> None:
    session = Session(gateway.root / "warehouse", tmp_path)
    session.copy(lambda: True)
    assert list(tmp_path.iterdir())
    session.close()
    assert list(tmp_path.iterdir()) == []
