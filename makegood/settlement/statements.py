"""An account's statement of one month: what stood, what was posted, what stands, and what is decided but not posted. Read as published."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from jinja2 import StrictUndefined, Template

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.publication.asking import ask
from makegood.publication.reading import reading
from makegood.settlement.ledger import Ledger
from makegood.settlement.trusting import refuse_what_is_behind
from makegood.storage.queries import only_row, sql_beside

TEMPLATE = Path(__file__).parent / "statement.html"
COLUMNS = ("settled_date", "request_date", "entry_type", "reason", "amount_usd", "balance_usd", "entry_id")


@dataclass(frozen=True)
class StatementLine:
    """One entry, and what the account has come to with it. Amounts in USD."""

    settled_date: date
    request_date: date
    entry_type: str
    reason: str
    amount_usd: Decimal
    balance_usd: Decimal
    entry_id: str


@dataclass(frozen=True)
class Statement:
    """One account's month, by posting period. `accrual_usd` is decided but not posted of the month's request dates."""

    account_id: str
    first_date: date
    last_date: date
    opening_usd: Decimal
    lines: tuple[StatementLine, ...]
    closing_usd: Decimal
    accrual_usd: Decimal


def month_bounds(text: str) -> tuple[date, date]:
    """The first and the last day of a month such as `2026-11`.

    Raises:
        MakegoodError: the text is no month.
    """
    try:
        first = date.fromisoformat(f"{text.strip()}-01")
    except ValueError as error:
        raise MakegoodError(f"{text!r} is not a month; write it like 2026-11") from error
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def statement(home: Home, account_id: str, month: str) -> Statement:
    """The account's statement of a month, at the published snapshot.

    Raises:
        MakegoodError: the text is no month, nothing is published, the account is not known, or the ledger is broken or behind what
            was published.
    """
    first, last = month_bounds(month)
    refuse_what_is_behind(home.existing(), Ledger(home.ledger))
    with reading(home.warehouse) as (con, _):
        (is_known,) = only_row(ask(con, sql_beside(__file__, "account_is_known"), {"account": account_id}))
        if not is_known:
            raise MakegoodError(
                f"account {account_id!r} has no compensation: nothing was ever decided or posted for it"
            )
        month_values = {"account": account_id, "first": first, "last": last}
        sums = only_row(ask(con, sql_beside(__file__, "statement_sums"), month_values))
        rows = ask(con, sql_beside(__file__, "statement_entries"), month_values).fetchall()
    opening, accrual = map(Decimal, sums)
    balance = opening
    lines = []
    for settled_date, request_date, entry_type, reason, amount, entry_id in rows:
        balance += amount
        lines.append(StatementLine(settled_date, request_date, entry_type, reason, amount, balance, entry_id))
    return Statement(account_id, first, last, opening, tuple(lines), balance, accrual)


def as_rows(made: Statement) -> list[tuple[object, ...]]:
    """The statement as rows of `COLUMNS`: opening, entries by posting period, closing, accrual."""
    day = timedelta(days=1)
    return [
        (made.first_date - day, None, "opening", None, None, made.opening_usd, None),
        *[
            (
                line.settled_date,
                line.request_date,
                line.entry_type,
                line.reason,
                line.amount_usd,
                line.balance_usd,
                line.entry_id,
            )
            for line in made.lines
        ],
        (made.last_date, None, "closing", None, None, made.closing_usd, None),
        (made.last_date, None, "accrual", "decided, not posted", made.accrual_usd, None, None),
    ]


def as_html(made: Statement) -> str:
    """The statement as one HTML document that needs nothing else."""
    template = Template(TEMPLATE.read_text(encoding="utf-8"), autoescape=True, undefined=StrictUndefined)
    return template.render(made=made, columns=COLUMNS, rows=as_rows(made), decimal=Decimal) + "\n"
