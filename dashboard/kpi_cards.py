"""The values of the KPI cards: the four KPIs of a range, and their change against the period before it."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from dashboard.answers import Changes, KpiValues
from makegood.publication.kpis import Kpis


class TypeFigures(NamedTuple):
    """A row of summary.sql: the figures of one compensation type in the range, and in the period before it."""

    compensation_type: str
    compensation_count: int
    payout_usd: Decimal
    compensation_count_before: int
    payout_usd_before: Decimal


def kpis_now(figures: list[TypeFigures], hours: int) -> Kpis:
    """The KPIs of the range."""
    count = sum(of_type.compensation_count for of_type in figures)
    return Kpis(count, sum((of_type.payout_usd for of_type in figures), Decimal(0)), hours)


def kpis_before(figures: list[TypeFigures], hours: int) -> Kpis:
    """The KPIs of the period before."""
    count = sum(of_type.compensation_count_before for of_type in figures)
    return Kpis(count, sum((of_type.payout_usd_before for of_type in figures), Decimal(0)), hours)


def kpi_values(kpis: Kpis) -> KpiValues:
    """The KPIs as the API returns them."""
    return KpiValues(
        total_compensation_usd=kpis.payout_usd,
        compensation_count=kpis.compensation_count,
        average_per_compensation_usd=kpis.average_usd,
        average_compensation_per_day=kpis.average_per_day,
    )


def changes(now: KpiValues, before: KpiValues | None) -> Changes:
    """The change of each KPI."""
    return Changes(**{name: _change(value, getattr(before, name, None)) for name, value in now})


def _change(now: Decimal | int, before: Decimal | int | None) -> Decimal | None:
    """The change in per cent, rounded half-even to one decimal place; None if the value before was 0 or is not known."""
    if not before:
        return None
    return ((Decimal(now) - before) * 100 / before).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
