"""A person's SQL reads published tables and nothing else; what analysts write goes on working."""

from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statements import LEGITIMATE, REFUSED

from makegood.errors import MakegoodError
from makegood.publication.allowing import TABLE_FUNCTIONS, _functions, allowed

TABLES = ("fct_requests", "fct_compensations", "mart_compensation_hourly")
REACHES_OUTSIDE = (
    "read|scan|glob|file(?!name)|env|secret|setting|variable|query|sql|attach|ducklake|duckdb|pragma|pg_|exists$|sleep|write|copy"
    "|nextval|currval|privilege|current_schema|current_database|txid|checkpoint|connection"
)


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@pytest.mark.parametrize("query", LEGITIMATE)
def test_what_analysts_write_is_let_through_as_it_is(con: duckdb.DuckDBPyConnection, query: str) -> None:
    assert allowed(con, query, TABLES).split() == query.split()


@pytest.mark.parametrize("query", REFUSED)
def test_what_reaches_farther_than_published_tables_is_refused_in_a_sentence(
    con: duckdb.DuckDBPyConnection, query: str
) -> None:
    with pytest.raises(MakegoodError):
        allowed(con, query, TABLES)


@pytest.mark.parametrize("query", [query for query in REFUSED if query.startswith(("from ", "select "))])
def test_no_place_inside_a_statement_hides_it(con: duckdb.DuckDBPyConnection, query: str) -> None:
    inner = query.removesuffix(";")
    for outer in (
        "with a as ({}) from a",
        "select * from fct_requests where exists ({})",
        "select 1 union all by name ({})",
        "describe ({})",
        "summarize ({})",
        "explain ({})",
        "select * from fct_requests as a join ({}) as b on true",
        "select (select count(*) from ({}))",
    ):
        with pytest.raises(MakegoodError):
            allowed(con, outer.format(inner), TABLES)


def test_no_allowed_function_looks_outside_its_arguments() -> None:
    names = _functions() | TABLE_FUNCTIONS
    harmless = {"formatreadablesize", "formatreadabledecimalsize", "json_exists"}
    assert {name for name in names - harmless if re.search(REACHES_OUTSIDE, name)} == set()
    assert {name for name in TABLE_FUNCTIONS | {"sum", "now", "list_transform"} if name not in names} == set()


def test_a_name_is_a_with_query_only_where_that_can_be_seen(con: duckdb.DuckDBPyConnection) -> None:
    allowed(con, "with x as (select 1) select * from (with y as (from x) from y)", TABLES)
    for query in (
        "with x as (from x) from x",
        "with x as (from y), y as (select 1) from x",
        "select * from (with y as (select 1) from y) join y on true",
        "with recursive y as (select 1 union all select 1 from z), z as (select 1) from y",
    ):
        with pytest.raises(MakegoodError, match="no published table"):
            allowed(con, query, TABLES)


@pytest.mark.parametrize("control", ["\x00", "\x01", "\x1b", "\x7f", "\ud800"])
def test_a_control_character_is_refused_and_line_ends_are_text(con: duckdb.DuckDBPyConnection, control: str) -> None:
    with pytest.raises(MakegoodError, match="control character"):
        allowed(con, f"select '{control}'", TABLES)
    assert allowed(con, "select\t1\r\n-- a comment\n", TABLES)


def test_a_pivot_without_its_values_says_what_to_write(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(MakegoodError, match="PIVOT must list its values"):
        allowed(con, "pivot fct_requests on model using count(*)", TABLES)


@pytest.mark.parametrize("part", ["(", "not ", "- ", "[", "(select "])
def test_what_is_nested_without_end_is_a_sentence(con: duckdb.DuckDBPyConnection, part: str) -> None:
    ends = {"(": ")", "[": "]", "(select ": ")"}.get(part, "")
    with pytest.raises(MakegoodError):
        allowed(con, f"select {part * 900}read_text('x'){ends * 900}", TABLES)
    with pytest.raises(MakegoodError):
        allowed(con, f"select {part * 30_000}1{ends * 30_000} from nowhere", TABLES)


WORDS = st.sampled_from(
    [
        "select",
        "from",
        "with",
        "as",
        "(",
        ")",
        ",",
        "*",
        "fct_requests",
        "nowhere",
        "read_text",
        "read_parquet",
        "query",
        "'x.parquet'",
        "'a'",
        "1",
        "union",
        "all",
        "join",
        "on",
        "true",
        "at",
        "version",
        "=>",
        "where",
        "exists",
        "describe",
        "summarize",
        "explain",
        "pivot",
        "in",
        "using",
        "count",
        ";",
        ".",
        "main",
        "makegood",
        "information_schema",
        "x",
        "recursive",
        "values",
    ]
)


@pytest.fixture(scope="module")
def watched() -> duckdb.DuckDBPyConnection:
    """Has the tables, empty, and says so where a file is looked for."""
    one = duckdb.connect()
    for table in TABLES:
        one.execute(f"create table {table} (x integer)")
    one.execute("set enable_external_access = false")
    return one


@settings(max_examples=300, deadline=None, derandomize=True)
@given(query=st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=60))
def test_any_text_is_one_sentence_or_a_statement_that_looks_for_no_file(
    watched: duckdb.DuckDBPyConnection, query: str
) -> None:
    try:
        statement = allowed(watched, query, TABLES)
    except MakegoodError:
        return
    try:
        watched.execute(statement)
    except duckdb.PermissionException:
        raise
    except duckdb.Error:
        return
