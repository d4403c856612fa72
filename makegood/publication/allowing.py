"""Which SQL a person may run: one SELECT over published tables. It checks DuckDB's own parse tree and refuses whatever it does not know.

The sessions of reading.py have no access to anything else in any case; this check gives a clear error message before anything runs.
"""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import duckdb

from makegood.errors import MakegoodError
from makegood.publication.asking import has_control
from makegood.storage.queries import only_row, sql_beside

Node = dict[str, Any]

READ_ONLY = "only SELECT is answered here: the published snapshot is read-only"
QUERIES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
RELATIONS = {"BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST", "TABLE_FUNCTION", "PIVOT", "SHOW_REF"}
MODIFIERS = {
    "ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER",
    "ORDER_DEFAULT", "ASCENDING", "DESCENDING",
}  # fmt: skip
EXPRESSIONS = {
    "CONSTANT", "STAR", "FUNCTION", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CAST", "CASE", "OPERATOR", "SUBQUERY", "WINDOW",
    "BETWEEN", "COLLATE", "LAMBDA", "LAMBDA_REF", "POSITIONAL_REFERENCE", "TYPE", "DEFAULT",
}  # fmt: skip
TABLE_FUNCTIONS = {"unnest", "range", "generate_series", "repeat", "repeat_row", "json_each", "json_tree"}
FUNCTIONS_OF_THE_MOMENT = {
    "now", "today", "current_date", "current_localtime", "current_localtimestamp", "get_current_time", "get_current_timestamp",
    "transaction_timestamp", "random", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "error", "ago", "unnest", "unlist",
}  # fmt: skip
"""Functions that depend only on the clock or on chance besides their arguments, and two that the parser turns into rows."""
NOT_OF_ARGUMENTS = {
    "current_setting", "getvariable", "json_serialize_plan", "json_serialize_sql", "json_deserialize_sql", "parse_duckdb_log_message",
    "nextval", "currval",
}  # fmt: skip
"""Functions that DuckDB declares consistent although they read the session."""
MACROS = re.compile(
    r"(?:(?:array|list|json|map_contains|md5_number)_\w+|json|date_add|days_in_month|fdiv|fmod|geomean|geometric_mean|nullif"
    r"|regexp_split_to_table|round_even|roundbankers|split_part|wavg|weighted_avg)"
)
NOT_IN_NAMES = re.compile(r"[./\\:*?\[\]{}]")
"""Characters that occur in file names, but in no table name."""
EXPLAINED = re.compile(r"\s*explain\s+(analyze\s+)?(?=\w|\()", re.IGNORECASE)
SHOWN = {'"tables"'}
"""What `show` may be given as a keyword; `describe` and `summarize` carry a query instead."""


def allowed(con: duckdb.DuckDBPyConnection, query: str, tables: Iterable[str]) -> str:
    """The statement to run for a person's query.

    Args:
        con: any connection.
        query: one SELECT, in DuckDB's SQL, also as FROM, WITH, VALUES, TABLE, PIVOT, DESCRIBE, SUMMARIZE or SHOW TABLES, or EXPLAIN of one.
        tables: the unqualified names of the published tables.

    Raises:
        MakegoodError: the query is not valid SQL, or does more than read published tables.
    """
    if has_control(re.sub(r"[\t\n\r\f\v]", " ", query)):
        raise MakegoodError("the query contains a control character")
    head = EXPLAINED.match(query)
    select = query[head.end() :] if head else query
    try:
        statements = con.extract_statements(select)
    except duckdb.Error as error:
        raise MakegoodError(f"the query was refused: {' '.join(str(error).split())}") from error
    if not statements:
        raise MakegoodError("the query is empty")
    if statements[0].type == duckdb.StatementType.CREATE and len(statements) == 2 and "pivot" in select.lower():
        raise MakegoodError("PIVOT must list its values: `pivot … on reason_code in ('compensated', 'not_billed') …`")
    if len(statements) > 1:
        raise MakegoodError(f"one statement at a time, please: this holds {len(statements)}")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise MakegoodError(READ_ONLY)
    (serialized,) = only_row(con.execute("select json_serialize_sql(?::varchar)", [select]))
    try:
        tree = json.loads(serialized)
        if tree.get("error", True) or len(tree["statements"]) != 1:
            raise MakegoodError(READ_ONLY)
        if tree["statements"][0]["named_param_map"]:
            raise MakegoodError("the query contains a parameter, and parameters are not supported")
        _Walk(_functions(), {name.lower() for name in tables}).query(tree["statements"][0]["node"], frozenset())
    except RecursionError:
        raise MakegoodError("the query was refused: it is nested too deeply") from None
    return f"explain {'analyze ' if head.group(1) else ''}{select}" if head else select


@lru_cache
def _functions() -> frozenset[str]:
    """Every function whose result depends only on its arguments, according to DuckDB, and the few of `FUNCTIONS_OF_THE_MOMENT`."""
    with duckdb.connect() as con:
        found = con.execute(sql_beside(__file__, "functions")).fetchall()
    own = {name for kind, name in found if kind != "macro" or MACROS.fullmatch(name)}
    return frozenset(own - NOT_OF_ARGUMENTS | FUNCTIONS_OF_THE_MOMENT)


class _Walk:
    """Checks every node of a statement's parse tree. `scope` holds the names of the CTEs that a node can see."""

    def __init__(self, functions: frozenset[str], tables: set[str]) -> None:
        self._functions, self._tables = functions, tables

    def query(self, node: Node, scope: frozenset[str]) -> None:
        if node["type"] not in QUERIES:
            raise MakegoodError(READ_ONLY)
        for entry in node.get("cte_map", {}).get("map", []):
            self._name(entry["key"])
            # A CTE that is not recursive cannot see itself: inside it, its name refers to a table.
            self._parts(entry["value"], scope)
            scope |= {entry["key"].lower()}
        rest = {name: value for name, value in node.items() if name not in ("cte_map", "type")}
        if node["type"] in ("RECURSIVE_CTE_NODE", "CTE_NODE"):
            self._name(node["cte_name"])
            inner = scope | {node["cte_name"].lower()}
            scope = inner if node["type"] == "RECURSIVE_CTE_NODE" else scope
        self._parts(rest, scope)

    def _parts(self, value: Any, scope: frozenset[str]) -> None:
        if isinstance(value, list):
            for part in value:
                self._parts(part, scope)
        elif isinstance(value, dict):
            self._part(value, scope)

    def _part(self, node: Node, scope: frozenset[str]) -> None:
        kind = node.get("type")
        if node.get("class") == "CONSTANT":
            return
        if "class" in node:
            self._expression(node)
        elif isinstance(kind, str):
            if kind in QUERIES:
                self.query(node, scope)
                return
            if kind in RELATIONS:
                self._relation(node, scope)
            elif kind not in MODIFIERS and not kind.endswith("_TYPE_INFO"):
                raise MakegoodError(f"the query was refused: {kind.lower()} is not allowed")
        if kind == "TABLE_FUNCTION":
            node = {**node, "function": node["function"].get("children")}
        self._parts(list(node.values()), scope)

    def _expression(self, node: Node) -> None:
        if node["class"] not in EXPRESSIONS:
            raise MakegoodError(f"the query was refused: {node['class'].lower()} is not allowed")
        name = node.get("function_name")
        if name is not None and name.lower() not in self._functions:
            raise MakegoodError(f"the query was refused: there is no function {name!r} here")

    def _relation(self, node: Node, scope: frozenset[str]) -> None:
        if node["type"] == "BASE_TABLE":
            if node.get("at_clause"):
                raise MakegoodError(
                    "the query was refused: only the current publication can be read, not another version of a table"
                )
            self._table(node, scope)
        elif node["type"] == "TABLE_FUNCTION":
            name = node["function"].get("function_name", "")
            if name.lower() not in TABLE_FUNCTIONS:
                raise MakegoodError(f"the query was refused: there is no table function {name!r} here")
        elif node["type"] == "SHOW_REF" and node.get("query") is None and node["table_name"] not in SHOWN:
            raise MakegoodError("the query was refused: `show tables` lists what there is, and `describe` its columns")

    def _table(self, node: Node, scope: frozenset[str]) -> None:
        catalog, schema, name = (node[part].lower() for part in ("catalog_name", "schema_name", "table_name"))
        is_plain = not catalog and not schema
        is_published = catalog in ("", "makegood") and schema in ("", "main", "makegood") and name in self._tables
        self._name(name)
        if not (is_published or (is_plain and name in scope)):
            whole = ".".join(part for part in (catalog, schema, name) if part)
            raise MakegoodError(
                f"the query was refused: there is no published table {whole!r}; `show tables` lists them"
            )

    def _name(self, name: str) -> None:
        if NOT_IN_NAMES.search(name):
            raise MakegoodError(f"the query was refused: {name!r} is not the name of a table")
