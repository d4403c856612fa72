"""A page at any depth is looked for among few rows, and holds what stands there in the whole list."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from test_page_copy import pages, session

from dashboard.depth import covering
from dashboard.filters import COLUMNS
from dashboard.following import Session

__all__ = ["session"]

SELECTIONS: dict[str, dict[str, Any]] = {
    "all": {},
    "one account": {"account": "acme", "category": "unsatisfactory_content"},
    "column filters": {"min_cost": "0.05", "min_latency": 1, "model_contains": "4o"},
    "nothing": {"model_contains": "no such model"},
}


@given(st.lists(st.integers(0, 40), min_size=1), st.integers(0, 400), st.integers(1, 100))
def test_the_groups_that_cover_a_page_hold_all_its_rows_and_none_of_them_could_be_left_out(
    counts: list[int], offset: int, size: int
) -> None:
    assume(offset < sum(counts))
    groups = [group for group, count in enumerate(counts) for _ in range(count)]
    page = groups[offset : offset + size]
    until = list(accumulate(counts))
    first, last, before = covering(until.__getitem__, len(counts), offset, size)
    assert (first, min(last, groups[-1])) == (page[0], page[-1])
    assert [group for group in groups if first <= group <= last][offset - before :][:size] == page


@pytest.mark.parametrize("name", SELECTIONS)
@pytest.mark.parametrize("column", [column for column in COLUMNS if column != "timestamp"])
def test_a_page_looked_for_among_like_values_holds_what_stands_there_in_the_whole_list(
    session: Session, monkeypatch: pytest.MonkeyPatch, column: str, name: str
) -> None:
    session.copy(lambda: True)
    asked = [SELECTIONS[name] | {"sort": column, "direction": direction} for direction in ("asc", "desc")]
    whole = [pages(session, each) for each in asked]
    monkeypatch.setattr("dashboard.queries.DEEP", 0)
    assert [pages(session, each) for each in asked] == whole
    assert all(whole) == (name != "nothing")
