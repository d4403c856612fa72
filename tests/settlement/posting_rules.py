"""A reference implementation of the posting rules in plain Python, with which tests compare the incremental settlement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

Key = tuple[str, str]
Cap = tuple[str, str, str, str | None]


class Decided(Protocol):
    """A compensated request. All requests have the same source, so those of the same moment are ordered by their ids."""

    @property
    def compensation_id(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def requested_at(self) -> datetime: ...
    @property
    def request_id(self) -> str: ...
    @property
    def payout_usd(self) -> str | Decimal: ...


def allowed(decisions: Iterable[Decided], caps: Iterable[Cap], closed_until: date) -> dict[Key, Decimal]:
    """The allowed total of each key: payouts of closed dates, taken in request order up to the caps. Keys with a total of 0 are left out."""
    caps = list(caps)
    consumed: dict[tuple[str, str, str], Decimal] = {}
    sums: dict[Key, Decimal] = {}
    for row in sorted(decisions, key=lambda row: (row.requested_at, row.request_id)):
        if row.requested_at.date() >= closed_until or row.account_id == "unknown":
            continue
        amount = Decimal(row.payout_usd)
        for scope, form in (("account_day", "%Y-%m-%d"), ("account_month", "%Y-%m")):
            period = (scope, row.account_id, row.requested_at.strftime(form))
            used = consumed.get(period, Decimal(0))
            cap = _in_force(caps, scope, row.requested_at)
            if cap is not None:
                amount = max(Decimal(0), min(amount, cap - used))
            consumed[period] = used + amount
        key = (row.compensation_id, row.account_id)
        sums[key] = sums.get(key, Decimal(0)) + amount
    return {key: amount for key, amount in sums.items() if amount}


def _in_force(caps: list[Cap], scope: str, moment: datetime) -> Decimal | None:
    for name, cap, start, end in caps:
        if (
            name == scope
            and datetime.fromisoformat(start) <= moment
            and (end is None or moment < datetime.fromisoformat(end))
        ):
            return Decimal(cap)
    return None
