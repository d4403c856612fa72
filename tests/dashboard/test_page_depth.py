"""Deep pages of the table: they are found by reading few rows, and hold the same rows as the whole list."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import pytest
from cachetools import LRUCache
from hypothesis import given
from hypothesis import strategies as st
from test_page_copy import pages, session

from dashboard.depth import ValueGroups, covering
from dashboard.filters import COLUMNS
from dashboard.queries import Queries
from dashboard.sessions import Session

__all__ = ["session"]

SELECTIONS: dict[str, dict[str, Any]] = {
    "all": {},
    "one account": {"account": "acme", "category": "unsatisfactory_content"},
    "column filters": {"min_cost": "0.05", "min_latency": 1, "model_contains": "4o"},
    "nothing": {"model_contains": "no such model"},
}


@given(st.lists(st.integers(0, 40), min_size=1).filter(any), st.integers(1, 100), st.integers(0, 60), st.data())
def test_the_groups_for_a_page_are_exactly_those_that_hold_its_rows(
    counts: list[int], size: int, near: int, data: st.DataObject
) -> None:
    offset = data.draw(st.integers(0, sum(counts) - 1))
    groups = [group for group, count in enumerate(counts) for _ in range(count)]
    page = groups[offset : offset + size]
    rows_up_to = list(accumulate(counts))
    first, last, before = covering(rows_up_to.__getitem__, len(counts), offset, size, near)
    assert (first, min(last, groups[-1])) == (page[0], page[-1])
    assert [group for group in groups if first <= group <= last][offset - before :][:size] == page


def test_few_groups_are_counted_if_the_page_is_near_its_estimated_position() -> None:
    counted = set()

    def rows_up_to(group: int) -> int:
        counted.add(group)
        return 100 * (group + 1)

    assert covering(rows_up_to, 400, 20_050, 25, near=201) == (200, 200, 20_000)
    assert len(counted) <= 4


@pytest.mark.parametrize("is_ascending", [True, False])
def test_all_rows_of_an_unreported_column_are_in_the_group_without_a_value(is_ascending: bool) -> None:
    steps = ValueGroups("ttft_ms", [], [], is_ascending)
    assert covering(lambda group: 0, len(steps), 70, 25, steps.near(500_000)) == (0, 0, 0)
    assert steps.among(0, 0) == ("ttft_ms is null", {})


@pytest.mark.parametrize("scope", [None, "acme"])
@pytest.mark.parametrize("name", SELECTIONS)
@pytest.mark.parametrize("column", [column for column in COLUMNS if column != "timestamp"])
def test_a_deep_page_in_any_order_holds_the_same_rows_as_the_whole_list(
    session: Session, monkeypatch: pytest.MonkeyPatch, column: str, name: str, scope: str | None
) -> None:
    selections = [SELECTIONS[name] | {"sort": column, "direction": direction} for direction in ("asc", "desc")]
    expected = [pages(session, selection, scope) for selection in selections]
    session.copy(lambda: True)
    calls = []
    within_steps = Queries._within_value_groups

    def record_call(queries: Queries, *arguments: Any) -> Any:
        calls.append(arguments)
        return within_steps(queries, *arguments)

    monkeypatch.setattr(Queries, "_within_value_groups", record_call)
    monkeypatch.setattr("dashboard.queries.DEEP", 0)
    monkeypatch.setattr(session, "_answers", LRUCache(1))
    assert [pages(session, selection, scope) for selection in selections] == expected
    assert bool(calls) == any(expected) == (name != "nothing")
