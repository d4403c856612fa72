"""The page's questions, one SQL file each in `sql/`, asked of one session. What may be asked is filters.py's.

A visitor's scope is applied here, to every question, so that no way of asking gets around it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from dashboard.answers import (
    Changes,
    CompensationType,
    DetailsAnswer,
    DetailsRow,
    KpiValues,
    SeriesAnswer,
    SummaryAnswer,
    TypeTotal,
)
from dashboard.charts import buckets_of, group
from dashboard.depth import ValueGroups, covering
from dashboard.filters import COLUMNS, Filters, PageFilters, RowFilters, Selection, SeriesFilters
from dashboard.sessions import Session
from dashboard.sums import end_of, sums
from makegood.hours import HOUR
from makegood.publication.asking import ask
from makegood.publication.kpis import Kpis

SQL = Path(__file__).parent / "sql"
MODELS_DRAWN = 8
DEEP = 5_000
"""From which row on a page of another order than that of time is looked for among rows of neighbouring values, and not among all."""
VALUE_GROUPS, ROWS_SAMPLED = 400, 100_000
"""Into how many groups a column's values are parted, and how many rows at most are looked at for that."""
HOURLY_UP_TO = 72


class NotYoursError(Exception):
    """A visitor who may see one account asked for another's."""


@lru_cache
def _text(name: str) -> str:
    return (SQL / f"{name}.sql").read_text()


@dataclass(frozen=True)
class RowRange:
    """Where a page of rows lies: the rows of [start, end) from `offset` on. `total` counts the rows of all pages."""

    start: datetime
    end: datetime
    offset: int
    total: int


class Queries:
    """Answers at one session's publication, for one visitor."""

    def __init__(self, session: Session, scope: str | None) -> None:
        """`scope` is the one account that the visitor may see; None is all."""
        self._session, self._scope = session, scope
        self._publication = session.publication
        self.data_through = session.data_through

    def selection(self, filters: Filters) -> Selection:
        """What the filters select of what the visitor may see.

        Raises:
            NotYoursError: they name another account than the visitor's.
        """
        selected = filters.selection(self.data_through)
        if self._scope is None:
            return selected
        if selected.account not in (None, self._scope):
            raise NotYoursError
        return replace(selected, account=self._scope)

    def types(self) -> list[CompensationType]:
        """The policy's types, in their precedence."""
        rows = self._session.types
        return [CompensationType(compensation_type=row[0], label=row[1], description=row[2]) for row in rows]

    def models(self) -> list[str]:
        """Models with a compensation that the visitor may see, by name."""
        if self._scope is None:
            return [row[0] for row in self._rows("select distinct model from figures.days order by model")]
        days = self._session.account_days(self._session.data_from or self.data_through)
        asked = f"select distinct model from {days} where account_id = $account order by model"
        return [row[0] for row in self._rows(asked, {"account": self._scope})]

    def accounts(self, contains: str, limit: int) -> list[str]:
        """Accounts with a compensation whose name contains the text, by name."""
        values = {"contains": contains, "scope": self._scope, "limit": limit}
        return [row[0] for row in self._rows(_text("accounts"), values)]

    def summary(self, filters: Filters) -> SummaryAnswer:
        """The four KPIs, their change, and each type's part."""
        selected = self.selection(filters)
        before = selected.before()
        rows = self._ask("summary", selected, start_before=before.start)
        kpis = Kpis(sum(row[1] for row in rows), sum((row[2] for row in rows), Decimal(0)), self._covered(selected))
        kpis_before = None
        if self._covered(before) == before.hour_count:
            payout_usd = sum((row[4] for row in rows), Decimal(0))
            kpis_before = Kpis(sum(row[3] for row in rows), payout_usd, before.hour_count)
        totals = [TypeTotal(compensation_type=row[0], compensation_count=row[1], payout_usd=row[2]) for row in rows]
        now, then = _values(kpis), _values(kpis_before) if kpis_before else None
        return SummaryAnswer(
            publication_id=self._publication.publication_id,
            start=selected.start,
            end=selected.end,
            hours_covered=kpis.hour_count,
            kpis=now,
            before=then,
            change=Changes(**{name: _change(value, getattr(then, name, None)) for name, value in now}),
            posted_usd=None if selected.by_hour else self._ask("posted", selected)[0][0],
            types=sorted(totals, key=lambda total: (-total.payout_usd, total.compensation_type)),
        )

    def series(self, filters: SeriesFilters) -> SeriesAnswer:
        """Both charts: a value for each bucket, by type and by model (the largest, and all others together)."""
        selected = self.selection(filters)
        bucket = "hour" if selected.hour_count <= HOURLY_UP_TO else "day"
        buckets = buckets_of(selected, bucket)
        labels = {name: label for name, label, _ in self._session.types}
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
        """The rows of the page. Which ones is found by the sorted column alone; the other columns are read of these rows."""
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
        """The rows of neighbouring values in the sorted column among which the page lies, and where among them it begins."""
        column = COLUMNS[filters.sort]
        parts = {"sampled": ROWS_SAMPLED, "parts": VALUE_GROUPS}
        found = self._session.remember(
            ("value_groups", column), lambda: self._rows(_text("value_groups").format(column=column), parts)
        )
        value_groups = ValueGroups(
            column, [row[0] for row in found], [row[1] for row in found], filters.direction == "asc"
        )

        def rows_up_to(group: int) -> int:
            counted = _narrowed(selected, *value_groups.up_to(group))
            [(count,)] = self._session.remember(("row_count", counted), lambda: self._ask("row_count", counted))
            return int(count)

        near = value_groups.near(place.offset * 1_000_000 // place.total)
        first, last, before = covering(rows_up_to, len(value_groups), place.offset, filters.page_size, near)
        return _narrowed(selected, *value_groups.among(first, last)), place.offset - before

    def _order(self, selected: Selection, filters: RowFilters) -> str:
        """The whole order of rows: no two are alike, so that pages neither repeat nor leave out any."""
        if self._session.facts(selected.start) == "page.compensations":
            return f"{filters.order}, rowid desc"
        names = "source, request_id, request_key"
        ties = names if filters.sort == "timestamp" else f"requested_at desc, {names}"
        return f"{filters.order}, {ties}"

    def _row_range(self, selected: Selection, filters: PageFilters) -> RowRange:
        """Find the page. In the order of time it lies in few hours (or days of one account), as their counts tell; so depth costs nothing."""
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
        """How many rows each hour has: of the hourly mart, or counted once where filters look at single rows."""

        def ask() -> list[tuple[Any, ...]]:
            return self._ask("row_counts" if selected.by_row else "hour_counts", selected)

        return self._session.remember(("hours", selected), ask)

    def _covered(self, selected: Selection) -> int:
        """How many hours of the range the publication covers."""
        first = self._session.data_from
        if first is None:
            return 0
        return max(0, (min(selected.end, self.data_through) - max(selected.start, first)) // HOUR)

    def _question(
        self, name: str, selected: Selection, places: dict[str, str] | None = None, **values: Any
    ) -> tuple[str, dict[str, Any]]:
        """The SQL of a question about a selection, and the values to bind. Conditions and places are fixed texts of ours."""
        text, bound = _text(name), {"start": selected.start, "end": selected.end, **selected.parameters(), **values}
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
    """Those rows of the selection for which the condition holds."""
    return replace(selected, by_row=(*selected.by_row, condition), values=(*selected.values, *values.items()))


def _values(kpis: Kpis) -> KpiValues:
    return KpiValues(
        total_compensation_usd=kpis.payout_usd,
        compensation_count=kpis.compensation_count,
        average_per_compensation_usd=kpis.average_usd,
        average_compensation_per_day=kpis.average_per_day,
    )


def _change(now: Decimal | int, then: Decimal | int | None) -> Decimal | None:
    """Per cent, half-even to one place; null where there was nothing."""
    if not then:
        return None
    return ((Decimal(now) - then) * 100 / then).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
