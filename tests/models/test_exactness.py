"""The macros for money, ratios, glob patterns and plain numbers, compared with Python."""

from __future__ import annotations

import fnmatch
import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal

import duckdb
import pytest
from dbt_here import failures, results_of
from derived_home import Home
from hypothesis import example, given, settings
from hypothesis import strategies as st

from makegood.publication.explaining import plain_number

WIDE = Context(prec=60)
UNIT = Decimal("1e-12")


@pytest.fixture(scope="module")
def macro(session_home: Home) -> dict[str, str]:
    """The rendered SQL expression of each macro, over named parameters."""
    inline = (
        "select {{ money('$x::decimal(38, 20)') }} as money | {{ ratio('$n::hugeint', '$d::bigint') }} as ratio"
        " | {{ glob_matches('$text', '$pattern') }} as glob | {{ plain_number('$x') }} as plain"
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


@st.composite
def typed(draw: st.DrawFn) -> tuple[str, str]:
    """The digits of a decimal, and a type of decimal that holds them: any sign and scale, up to 38 digits, often with zeros at the end."""
    whole = draw(st.from_regex(r"(0|[1-9][0-9]{0,12}0{0,6})", fullmatch=True))
    fraction = draw(st.from_regex(r"[0-9]{0,12}0{0,6}", fullmatch=True))
    sign = draw(st.sampled_from(["", "-"]))
    return f"{sign}{whole}.{fraction}".removesuffix("."), f"decimal(38, {len(fraction)})"


@settings(deadline=None)
@given(number=typed())
@example(number=("0", "decimal(1, 0)"))
@example(number=("100", "decimal(3, 0)"))
@example(number=("-1000", "decimal(38, 0)"))
@example(number=("1E+3", "decimal(38, 0)"))
@example(number=("1E+3", "decimal(38, 12)"))
@example(number=("0.10", "decimal(3, 2)"))
@example(number=("-0.10", "decimal(18, 12)"))
@example(number=("0.00", "decimal(18, 12)"))
@example(number=("9" * 38, "decimal(38, 0)"))
@example(number=("1" + "0" * 37, "decimal(38, 0)"))
@example(number=("9" * 26 + "." + "9" * 11 + "0", "decimal(38, 12)"))
@example(number=("0." + "0" * 36 + "1", "decimal(38, 37)"))
@example(number=("0.1" + "0" * 36, "decimal(38, 37)"))
def test_models_and_explanations_write_a_number_alike_without_padding(
    number: tuple[str, str], macro: dict[str, str], con: duckdb.DuckDBPyConnection
) -> None:
    digits, kind = number
    value = f"'{digits}'::{kind}"
    exact, text = con.execute(f"select {value}, {macro['plain'].replace('$x', value)}").fetchone() or ()
    assert exact == Decimal(digits)
    assert text == plain_number(exact)
    assert Decimal(text) == exact
    assert re.fullmatch(r"-?\d+(\.\d*[1-9])?", text)
