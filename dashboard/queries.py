"""Answers the page's questions with the queries in `sql/`, in one session. The filters of a question are defined in filters.py.

The restriction to the visitor's account is applied here, to every query, so that no parameter can get around it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any

from dashboard.answers import DetailsAnswer, DetailsRow, SeriesAnswer, SummaryAnswer, TypeTotal
from dashboard.charts import buckets_of, group
from dashboard.depth import ValueGroups, covering
from dashboard.filters import COLUMNS, Filters, PageFilters, RowFilters, Selection, SeriesFilters
from dashboard.kpi_cards import TypeFigures, changes, kpi_values, kpis_before, kpis_now
from dashboard.sessions import Session
from dashboard.sums import end_of, sums
from makegood.hours import HOUR
from makegood.publication.asking import ask
from makegood.storage.queries import sql_beside

MODELS_DRAWN = 8
DEEP = 5_000
"""From this row on, a page that is not sorted by time is searched among rows with neighbouring values instead of among all rows."""
VALUE_GROUPS, ROWS_SAMPLED = 400, 100_000
"""The number of groups into which a column's values are divided, and the most rows that are sampled to find them."""
HOURLY_UP_TO = 72
"""The longest range, in hours, whose charts have hourly bars; longer ranges have daily ones."""


class NotYoursError(Exception):
    """A visitor who may see only one account asked for another one."""


@dataclass(frozen=True)
class RowRange:
    """Where a page of rows is: it starts at row `offset` of the rows in [start, end). `total` is the number of rows on all pages."""

    start: datetime
    end: datetime
    offset: int
    total: int


class Queries:
    """Answers questions in one session, for one visitor."""

    def __init__(self, session: Session, scope: str | None) -> None:
        """`scope` is the only account that the visitor may see; None means all accounts."""
        self._session, self._scope = session, scope
        self._publication = session.publication
        self.data_through = session.data_through

    def selection(self, filters: Filters) -> Selection:
        """What the filters select, restricted to what the visitor may see.

        Raises:
            NotYoursError: the filters name an account that the visitor may not see.
        """
        selected = filters.selection(self.data_through)
        if self._scope is None:
            return selected
        if selected.account not in (None, self._scope):
            raise NotYoursError
        return replace(selected, account=self._scope)

    def models(self) -> list[str]:
        """The names of the models with a compensation that the visitor may see, sorted."""
        if self._scope is None:
            found = self._rows("select distinct model from figures.days order by model")
        else:
            days = self._session.account_days(self._session.data_from or self.data_through)
            sql = f"select distinct model from {days} where account_id = $account order by model"
            found = self._rows(sql, {"account": self._scope})
        return [model for (model,) in found]

    def accounts(self, contains: str, limit: int) -> list[str]:
        """The accounts with a compensation whose name contains the text, sorted."""
        values = {"contains": contains, "scope": self._scope, "limit": limit}
        return [account_id for (account_id,) in self._rows(sql_beside(__file__, "accounts"), values)]

    def summary(self, filters: Filters) -> SummaryAnswer:
        """The four KPIs, their change against the period before, and the totals of each type."""
        selected = self.selection(filters)
        before = selected.before()
        figures = [TypeFigures._make(row) for row in self._ask("summary", selected, start_before=before.start)]
        now, then = kpi_values(kpis_now(figures, self._covered(selected))), None
        if self._covered(before) == before.hour_count:
            then = kpi_values(kpis_before(figures, before.hour_count))
        [(posted_usd,)] = [(None,)] if selected.by_hour else self._ask("posted", selected)
        totals = [
            TypeTotal(compensation_type=name, compensation_count=count, payout_usd=payout_usd)
            for name, count, payout_usd, _, _ in figures
        ]
        return SummaryAnswer(
            publication_id=self._publication.publication_id,
            start=selected.start,
            end=selected.end,
            hours_covered=self._covered(selected),
            kpis=now,
            before=then,
            change=changes(now, then),
            posted_usd=posted_usd,
            types=sorted(totals, key=lambda total: (-total.payout_usd, total.compensation_type)),
        )

    def series(self, filters: SeriesFilters) -> SeriesAnswer:
        """The data of both charts: a value for each bucket, by type, and by model with the smaller ones combined."""
        selected = self.selection(filters)
        bucket = "hour" if selected.hour_count <= HOURLY_UP_TO else "day"
        buckets = buckets_of(selected, bucket)
        labels = {known.compensation_type: known.label for known in self._session.types}
        measure = "compensation_count" if filters.measure == "times" else "payout_usd"
        charts = []
        for grouping, drawn in (("compensation_type", None), ("model", MODELS_DRAWN)):
            groups: dict[tuple[str | None, str], dict[datetime, Decimal]] = {}
            places = {"grouping": grouping, "measure": measure}
            for at, name, name_count, amount in self._ask("series", selected, places, bucket=bucket, drawn=drawn):
                label = labels.get(name, name) if name is not None else f"Other ({name_count - drawn})"
                groups.setdefault((name, label), {})[at] = Decimal(amount)
            made = [group(key, label, values, buckets) for (key, label), values in groups.items()]
            charts.append(sorted(made, key=lambda group: (group.key is None, -group.total, group.label)))
        return SeriesAnswer(
            publication_id=self._publication.publication_id,
            bucket=bucket,
            buckets=buckets,
            by_type=charts[0],
            by_model=charts[1],
        )

    def details(self, filters: PageFilters) -> DetailsAnswer:
        """One page of compensated requests, at any depth."""
        selected = self.selection(filters)
        place = self._row_range(selected, filters)
        rows: list[tuple[Any, ...]] = []
        if place.offset < place.total:
            rows = self._page(replace(selected, start=place.start, end=place.end), filters, place)
        names = list(DetailsRow.model_fields)
        return DetailsAnswer(
            publication_id=self._publication.publication_id,
            total=place.total,
            page=filters.page,
            page_size=filters.page_size,
            rows=[DetailsRow(**dict(zip(names, row, strict=True))) for row in rows],
        )

    def all_details(self, filters: RowFilters) -> tuple[str, dict[str, Any]]:
        """The SQL of every row of the details, in the page's order, and its bound values."""
        selected = self.selection(filters)
        return self._question("details", selected, {"order": self._order(selected, filters), "page": ""})

    def _page(self, selected: Selection, filters: PageFilters, place: RowRange) -> list[tuple[Any, ...]]:
        """The rows of the page. In the session's copy they are found by the sort column, and the other columns are read for them alone."""
        turn = {"page_size": filters.page_size, "offset": place.offset}
        order = self._order(selected, filters)
        page = "limit $page_size offset $offset"
        if self._session.facts(selected.start) == "fct_compensations":
            return self._ask("details", selected, {"order": order, "page": page}, **turn)
        if filters.sort != "timestamp" and place.offset >= DEEP:
            selected, turn["offset"] = self._within_value_groups(selected, filters, place)
        places, bound = self._question("places", selected, {"order": order, "page": page}, **turn)
        found = replace(selected, by_hour=(f"rowid in ({places})",), by_row=(), account=None)
        text, _ = self._question("details", found, {"order": order, "page": ""})
        return self._rows(text, bound)

    def _within_value_groups(self, selected: Selection, filters: PageFilters, place: RowRange) -> tuple[Selection, int]:
        """The selection restricted to the values of the sort column between which the page is, and the page's offset in it."""
        column = COLUMNS[filters.sort]
        parts = {"sampled": ROWS_SAMPLED, "parts": VALUE_GROUPS}
        found = self._session.remember(
            ("value_groups", column),
            lambda: self._rows(sql_beside(__file__, "value_groups").format(column=column), parts),
        )
        value_groups = ValueGroups(
            column, [value for value, _ in found], [share for _, share in found], filters.direction == "asc"
        )

        def rows_up_to(group: int) -> int:
            counted = _narrowed(selected, *value_groups.up_to(group))
            [(count,)] = self._session.remember(("row_count", counted), lambda: self._ask("row_count", counted))
            return int(count)

        near = value_groups.near(place.offset * 1_000_000 // place.total)
        first, last, before = covering(rows_up_to, len(value_groups), place.offset, filters.page_size, near)
        return _narrowed(selected, *value_groups.among(first, last)), place.offset - before

    def _order(self, selected: Selection, filters: RowFilters) -> str:
        """The full sort order. No two rows are equal in it, so that no row is missing from the pages or on two of them."""
        if self._session.facts(selected.start) == "page.compensations":
            return f"{filters.order}, rowid desc"
        names = "source, request_id, request_key"
        ties = names if filters.sort == "timestamp" else f"requested_at desc, {names}"
        return f"{filters.order}, {ties}"

    def _row_range(self, selected: Selection, filters: PageFilters) -> RowRange:
        """Find the page. Sorted by time, it is in a few hours (or days of one account), which their row counts tell at any depth."""
        counts = self._counts(selected)
        total = sum(count for _, count in counts)
        offset = (filters.page - 1) * filters.page_size
        if filters.sort != "timestamp" or offset >= total:
            return RowRange(selected.start, selected.end, offset, total)
        ordered = counts if filters.direction == "asc" else counts[::-1]
        rows_up_to = list(accumulate(count for _, count in ordered))
        first, last, before = covering(rows_up_to.__getitem__, len(rows_up_to), offset, filters.page_size)
        hours = [hour for hour, _ in ordered[first : last + 1]]
        end = (
            end_of(max(hours), selected.account, selected.start, selected.end)
            if not selected.by_row
            else max(hours) + HOUR
        )
        return RowRange(max(selected.start, min(hours)), min(selected.end, end), offset - before, total)

    def _counts(self, selected: Selection) -> list[tuple[datetime, int]]:
        """The number of rows in each hour: from the sums, or counted and remembered if there are filters on single rows."""

        def ask() -> list[tuple[Any, ...]]:
            return self._ask("row_counts" if selected.by_row else "hour_counts", selected)

        return self._session.remember(("hours", selected), ask)

    def _covered(self, selected: Selection) -> int:
        """The number of hours of the range that the publication covers."""
        first = self._session.data_from
        if first is None:
            return 0
        return max(0, (min(selected.end, self.data_through) - max(selected.start, first)) // HOUR)

    def _question(
        self, name: str, selected: Selection, places: dict[str, str] | None = None, **values: Any
    ) -> tuple[str, dict[str, Any]]:
        """The SQL of a query over a selection, and the values to bind. What is filled into its places is fixed text of ours."""
        text = sql_beside(__file__, name)
        bound = {"start": selected.start, "end": selected.end, **selected.parameters(), **values}
        if "{sums}" in text:
            bounds = [values.get("start_before", selected.start), selected.start, selected.end]
            by_hour = values.get("bucket") == "hour" or (name == "hour_counts" and selected.account is None)
            relation, narrowed = sums(self._session, selected.account, bounds, by_hour=by_hour)
            places = {**(places or {}), "sums": relation}
            conditions = selected.by_hour
            bound |= narrowed
        else:
            places = {**(places or {}), "facts": self._session.facts(selected.start)}
            conditions = selected.by_hour + selected.by_row
            if selected.account is not None:
                conditions += ("account_id = $account",)
                bound["account"] = selected.account
        return text.format(conditions="\n    ".join(f"and {text}" for text in conditions), **(places or {})), bound

    def _ask(
        self, name: str, selected: Selection, places: dict[str, str] | None = None, **values: Any
    ) -> list[tuple[Any, ...]]:
        return self._rows(*self._question(name, selected, places, **values))

    def _rows(self, sql: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        with self._session.cursor() as cursor:
            return ask(cursor, sql, values or {}).fetchall()


def _narrowed(selected: Selection, condition: str, values: dict[str, Any]) -> Selection:
    """The selection with one more condition on single rows."""
    return replace(selected, by_row=(*selected.by_row, condition), values=(*selected.values, *values.items()))
