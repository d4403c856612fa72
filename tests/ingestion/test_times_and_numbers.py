"""Reading times, counts and amounts in every notation of logs: the value is exact or null, and nothing raises."""

from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_place import at

from makegood.ingestion.landing import HERE

MOMENT = at("2026-11-28T05:10:00.123")
WHOLE_SECOND = at("2026-11-28T05:10:00")


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.execute((HERE / "macros.sql").read_text())
    return connection


def read(con: duckdb.DuckDBPyConnection, macro: str, text: str | None) -> object:
    (value,) = con.execute(f"select {macro}($1::varchar)", [text]).fetchone() or (None,)
    return value


TIMES = {
    "1795842600": WHOLE_SECOND,
    "1795842600.123456": MOMENT,
    "1795842600.1239999": MOMENT,
    "1.7958426e9": WHOLE_SECOND,
    " 1795842600 ": WHOLE_SECOND,
    "1795842600123": MOMENT,
    "1795842600123.9": MOMENT,
    "1795842600123456": MOMENT,
    "1795842600123999.9": MOMENT,
    "1795842600123456789": MOMENT,
    "1795842600123999999": MOMENT,
    "2026-11-28T05:10:00.123Z": MOMENT,
    "2026-11-28T05:10:00.123456789Z": MOMENT,
    "2026-11-28T05:10:00.123999999Z": MOMENT,
    "2026-11-28 05:10:00.123": MOMENT,
    "2026-11-28T14:10:00.123+09:00": MOMENT,
    "2026-11-27T23:40:00.123-05:30": MOMENT,
    "2026-11-28T05:10:00,123Z": MOMENT,
    "2026-11-28T05:10Z": WHOLE_SECOND,
    "2026-11-28t05:10:00z": WHOLE_SECOND,
    "2026-11-28T05:10:00+00": WHOLE_SECOND,
    "2026-11-28 05:10:00 +0000": WHOLE_SECOND,
    "2026-11-28 07:10:00 +02:00": WHOLE_SECOND,
    "2026-11-28 05:10:00 UTC": WHOLE_SECOND,
    "2026-11-28 05:10:00.123456789 +0000 UTC": MOMENT,
    "2026-11-28T06:10:00.123+01:00[Europe/Berlin]": MOMENT,
    "20261128T051000Z": WHOLE_SECOND,
    "20261128T051000.123Z": MOMENT,
    "20261128T071000+0200": WHOLE_SECOND,
    "20261128T0510Z": WHOLE_SECOND,
    "Sat, 28 Nov 2026 05:10:00 GMT": WHOLE_SECOND,
    "Sat, 28 Nov 2026 07:10:00 +0200": WHOLE_SECOND,
    "28 Nov 2026 05:10 +0000": WHOLE_SECOND,
    "Sat Nov 28 05:10:00 2026": WHOLE_SECOND,
    "Sat Nov 28 2026 07:10:00 GMT+0200 (Eastern European Standard Time)": WHOLE_SECOND,
    "28/Nov/2026:05:10:00 +0000": WHOLE_SECOND,
    "2026-11-27T24:00:00Z": at("2026-11-28"),
    "2026-12-31T23:59:60Z": at("2027-01-01"),
    "2026-12-31T23:59:60.5Z": at("2027-01-01T00:00:00.500"),
}


@pytest.mark.parametrize("text", TIMES)
def test_a_time_is_read_in_every_notation_that_logs_use(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "instant", text) == TIMES[text]


INVALID_TIMES = [
    "", "-", "yesterday", "now", "epoch", "infinity", "NaN", "null", "28/11/2026 05:10:00", "11/28/2026 05:10", "28.11.2026 05:10:00",
    "28-11-2026 05:10:00", "Saturday, 28-Nov-26 05:10:00 GMT", "Sat, 28 Nov 2026 05:10:00 EST", "28 Foo 2026 05:10:00 GMT",
    "28 Anf 2026 05:10:00 GMT", "2026-11-28T05:10:00 Europe/Berlin", "2026-11-28", "2026-02-30T00:00:00Z", "2026-11-28T25:00:00Z",
    "2026-11-27T24:00:01Z", "2026-11-28T05:10:00+24:00", "2026-332T05:10:00Z", "1_795_842_600", "0x6b0a", "1e25", "1e400", "1795842600,5",
    "1 795 842 600", "\u0661\u0667\u0669\u0665", "\uff12026-11-28T05:10:00Z", "2026-11-28T05:10:00\u200b", "2026-11-28T05:10:00\0Z", "{}", "[1795842600]",
]  # fmt: skip


@pytest.mark.parametrize("text", INVALID_TIMES)
def test_invalid_or_ambiguous_times_are_null(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "instant", text) is None


@settings(max_examples=200, deadline=None)
@given(st.datetimes(datetime(2023, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["s", "ms", "us", "ns"]))
def test_a_unix_time_is_the_same_in_every_unit(con: duckdb.DuckDBPyConnection, moment: datetime, unit: str) -> None:
    micros = (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    text = {"s": f"{Decimal(micros) / 10**6:f}", "ms": str(micros // 1000), "us": str(micros), "ns": f"{micros}999"}[
        unit
    ]
    assert read(con, "instant", text) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


ANY_TEXT = st.text() | st.from_regex(r"[-+0-9.,:TZe /_]{0,40}", fullmatch=True)


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_no_text_makes_a_conversion_raise(con: duckdb.DuckDBPyConnection, text: str) -> None:
    for macro in ("instant", "whole_number", "money_usd", "wide_decimal", "magnitude"):
        read(con, macro, text)


COUNTS = {
    "12": 12, " 12 ": 12, "12.0": 12, "12.": 12, "1e3": 1000, "+5": 5, "-5": -5, "9223372036854775807": 2**63 - 1,
    "1.7": None, "1_0": None, "0x10": None, "0b1": None, "1,000": None, "1 000": None, "\uff11\uff12": None, "\u0663": None, "1e400": None,
    "9223372036854775808": None, "NaN": None, "": None, "true": None, "1e3_0": None, "12\u00a0": None,
}  # fmt: skip


@pytest.mark.parametrize("text", COUNTS)
def test_a_count_is_a_number_in_plain_digits(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "whole_number", text) == COUNTS[text]


AMOUNTS = {
    "0.000000001": "0.000000001000", "2.25e-4": "0.000225000000", "1.6E-3": "0.001600000000", "12": "12.000000000000",
    "0.1234567890125": "0.123456789012", " 0.01 ": "0.010000000000", "1e-13": "0.000000000000",
    "0.30000000000000004": "0.300000000000", "$0.01": None, "0,01": None, "": None, "true": None, "[0.01]": None, "NaN": None,
    "1_000": None, "1_0.5": None, "0x10": None, "1e7": None, "1e400": None, "0.01 USD": None, "\uff10.01": None, "1'000": None,
}  # fmt: skip


@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_is_a_number_in_plain_digits(con: duckdb.DuckDBPyConnection, text: str) -> None:
    value = read(con, "money_usd", text)
    assert (None if value is None else f"{value:f}") == AMOUNTS[text]


TOO_LARGE = ["NaN", "-Infinity", "inf", "1e400", "1e7"]
NOT_NUMBERS = ["1_000_000_000", "0x7fffffffffff", "1,000,000,000", "many", ""]


@pytest.mark.parametrize("text", TOO_LARGE + NOT_NUMBERS)
def test_too_large_numbers_are_distinguished_from_text_that_is_not_a_number(
    con: duckdb.DuckDBPyConnection, text: str
) -> None:
    magnitude = read(con, "magnitude", text)
    assert (magnitude is not None and magnitude >= 10**6) == (text in TOO_LARGE)  # type: ignore[operator]
