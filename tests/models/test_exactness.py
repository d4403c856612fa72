"""The macros for money, ratios, glob patterns and plain numbers, compared with Python."""

from __future__ import annotations

import fnmatch
import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal

import duckdb
import pytest
from dbt_here import failures, results_of
from derived_home import Home
from hypothesis import given, settings
from hypothesis import strategies as st

WIDE = Context(prec=60)
UNIT = Decimal("1e-12")


@pytest.fixture(scope="module")
def macro(session_home: Home) -> dict[str, str]:
    """The rendered SQL expression of each macro, over named parameters."""
    inline = (
        "select {{ money('$x::decimal(38, 20)') }} as money | {{ ratio('$n::hugeint', '$d::bigint') }} as ratio"
        " | {{ glob_matches('$text', '$pattern') }} as glob | {{ plain_number('$x::decimal(38, 12)') }} as plain"
    )
    result = session_home.dbt("compile", "--inline", inline)
    assert result.success, failures(result)
    expressions = results_of(result)[0].node.compiled_code.removeprefix("select ").split(" | ")
    return {name: sql for sql, name in (part.rsplit(" as ", 1) for part in expressions)}


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


exact = st.decimals(min_value=-(10**6), max_value=10**6, places=20)
halves = st.builds(
    lambda units, sign: sign * (units * UNIT + UNIT / 2),
    st.integers(0, 10**15),
    st.sampled_from([Decimal(1), Decimal(-1)]),
)


@settings(deadline=None)
@given(amount=exact | halves)
def test_money_rounds_half_even_to_twelve_decimals(
    amount: Decimal, macro: dict[str, str], con: duckdb.DuckDBPyConnection
) -> None:
    (rounded,) = con.execute(f"select {macro['money']}", {"x": f"{amount:f}"}).fetchone() or ()
    assert rounded == amount.quantize(UNIT, rounding=ROUND_HALF_EVEN, context=WIDE)


@settings(deadline=None)
@given(numerator=st.integers(0, 1000 * (2**63 - 1)), denominator=st.integers(-3, 10**9))
def test_a_ratio_is_truncated_to_six_decimals_and_null_without_a_positive_denominator(
    numerator: int, denominator: int, macro: dict[str, str], con: duckdb.DuckDBPyConnection
) -> None:
    (ratio,) = con.execute(f"select {macro['ratio']}", {"n": numerator, "d": denominator}).fetchone() or ()
    if denominator <= 0:
        assert ratio is None
    else:
        quotient = WIDE.divide(Decimal(numerator), Decimal(denominator))
        assert ratio == quotient.quantize(Decimal("0.000001"), rounding=ROUND_DOWN, context=WIDE)


@settings(deadline=None)
@given(text=st.text("ab%_!/.", max_size=8), pattern=st.text("ab%_!/.*", max_size=6))
def test_only_the_star_is_special_in_a_pattern(
    text: str, pattern: str, macro: dict[str, str], con: duckdb.DuckDBPyConnection
) -> None:
    (matches,) = con.execute(f"select {macro['glob']}", {"text": text, "pattern": pattern}).fetchone() or ()
    assert matches == bool(re.match(fnmatch.translate(pattern), text))


@settings(deadline=None)
@given(amount=st.decimals(min_value=0, max_value=10**6, places=12))
def test_a_plain_number_has_the_same_value_without_trailing_zeros(
    amount: Decimal, macro: dict[str, str], con: duckdb.DuckDBPyConnection
) -> None:
    (text,) = con.execute(f"select {macro['plain']}", {"x": f"{amount:f}"}).fetchone() or ()
    assert Decimal(text) == amount
    assert re.fullmatch(r"\d+(\.\d*[1-9])?", text)
