"""The check of users' SQL: it allows what analysts write, and refuses everything that reads more than published tables."""

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
OUTSIDE_ACCESS = (
    "read|scan|glob|file(?!name)|env|secret|setting|variable|query|sql|attach|ducklake|duckdb|pragma|pg_|exists$|sleep|write|copy"
    "|nextval|currval|privilege|current_schema|current_database|txid|checkpoint|connection"
)


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@pytest.mark.parametrize("query", LEGITIMATE)
def test_queries_of_analysts_are_allowed_unchanged(con: duckdb.DuckDBPyConnection, query: str) -> None:
    assert allowed(con, query, TABLES).split() == query.split()


@pytest.mark.parametrize("query", REFUSED)
def test_a_statement_that_reaches_beyond_published_tables_is_refused(
    con: duckdb.DuckDBPyConnection, query: str
) -> None:
    with pytest.raises(MakegoodError):
        allowed(con, query, TABLES)


@pytest.mark.parametrize("query", [query for query in REFUSED if query.startswith(("from ", "select "))])
def test_a_refused_query_is_also_refused_inside_another_statement(con: duckdb.DuckDBPyConnection, query: str) -> None:
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


def test_no_allowed_function_accesses_anything_but_its_arguments() -> None:
    names = _functions() | TABLE_FUNCTIONS
    harmless = {"formatreadablesize", "formatreadabledecimalsize", "json_exists"}
    assert {name for name in names - harmless if re.search(OUTSIDE_ACCESS, name)} == set()
    assert {name for name in TABLE_FUNCTIONS | {"sum", "now", "list_transform"} if name not in names} == set()


def test_a_with_query_can_be_named_only_within_its_scope(con: duckdb.DuckDBPyConnection) -> None:
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
def test_control_characters_are_refused_except_tabs_and_line_ends(con: duckdb.DuckDBPyConnection, control: str) -> None:
    with pytest.raises(MakegoodError, match="control character"):
        allowed(con, f"select '{control}'", TABLES)
    assert allowed(con, "select\t1\r\n-- a comment\n", TABLES)


def test_the_error_for_a_pivot_without_values_says_what_to_write(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(MakegoodError, match="PIVOT must list its values"):
        allowed(con, "pivot fct_requests on model using count(*)", TABLES)


@pytest.mark.parametrize("part", ["(", "not ", "- ", "[", "(select "])
def test_a_deeply_nested_statement_is_refused(con: duckdb.DuckDBPyConnection, part: str) -> None:
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
def guarded_connection() -> duckdb.DuckDBPyConnection:
    """A connection with the tables, all empty, that raises PermissionException if a statement accesses a file."""
    con = duckdb.connect()
    for table in TABLES:
        con.execute(f"create table {table} (x integer)")
    con.execute("set enable_external_access = false")
    return con


@settings(max_examples=300, deadline=None, derandomize=True)
@given(query=st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=60))
def test_arbitrary_text_is_refused_or_is_a_statement_that_accesses_no_file(
    guarded_connection: duckdb.DuckDBPyConnection, query: str
) -> None:
    try:
        statement = allowed(guarded_connection, query, TABLES)
    except MakegoodError:
        return
    try:
        guarded_connection.execute(statement)
    except duckdb.PermissionException:
        raise
    except duckdb.Error:
        return
