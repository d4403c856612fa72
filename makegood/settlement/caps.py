"""Applies the caps: how much of each payout they leave.

Payouts consume a cap in the order of (requested_at, source, request_id, compensation_id). The daily cap applies first, the monthly cap to
what it left. A request counts against the cap in force at its requested_at; if a cap changes within a period, earlier consumption counts.
"""

import duckdb

from makegood.storage.queries import only_row, sql_beside

PERIODS = ("day", "month")


def read_caps(con: duckdb.DuckDBPyConnection) -> None:
    """Create `day_caps` and `month_caps` from `compensation_caps`: (starts_at, ends_at, cap_usd), without gaps; null means no cap."""
    for period in PERIODS:
        con.execute(sql_beside(__file__, "caps_of_period").format(period=period))


def capped(con: duckdb.DuckDBPyConnection, rows: str, period: str) -> str:
    """SQL of the rows, with their `amount_usd` reduced to what the period's cap leaves of it.

    Args:
        con: a connection on which `read_caps` was called.
        rows: a relation with compensation_id, account_id, request_date, requested_at, source, request_id, amount_usd, and any others. It
            must contain all requests of every account and period that occurs in it.
        period: `day` or `month`.
    """
    (cap_count,) = only_row(con.execute(f"select count(cap_usd) from {period}_caps"))
    if cap_count == 0:
        return f"from {rows}"
    return sql_beside(__file__, "capped").format(period=period, rows=rows)
