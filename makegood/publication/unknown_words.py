"""Words in the logs that Makegood does not know, with the number of requests that have each: operations, and reasons why answers ended."""

from dataclasses import dataclass

import duckdb

from makegood.ingestion import words
from makegood.storage.queries import sql_beside

DAYS = 7
"""How many of the last published days are searched."""
NAMED = 5
"""How many of the unknown words are listed, the most frequent first."""


@dataclass(frozen=True)
class UnknownWords:
    """Unknown words of one kind: how many requests have one, how many such words there are, and the most frequent with their counts."""

    requests: int
    words: int
    named: dict[str, int]


def unknown_operations(con: duckdb.DuckDBPyConnection) -> UnknownWords:
    """Unknown words for what was bought. The content of such requests is never compensated."""
    return _counted(con, "operation", "native_operation", "operations")


def unknown_endings(con: duckdb.DuckDBPyConnection) -> UnknownWords:
    """Unknown words for why an answer ended. Such requests are never compensated as empty."""
    return _counted(con, "finish_reason", "native_finish_reason", "finish_reasons")


def _counted(con: duckdb.DuckDBPyConnection, normalised: str, column: str, table: str) -> UnknownWords:
    """Words that are known to have no equivalent here, such as `queued`, are not counted."""
    counted = con.execute(
        sql_beside(__file__, "other_words").format(normalised=normalised, column=column, DAYS=DAYS)
    ).fetchall()
    strange = words.unknown(table, (word for word, _ in counted))
    found = [(word, count) for word, count in counted if word in strange]
    return UnknownWords(sum(count for _, count in found), len(found), dict(found[:NAMED]))
