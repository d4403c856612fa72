"""Words in the logs that Makegood does not know, with the number of requests that have each: operations, and reasons why answers ended."""

from dataclasses import dataclass

import duckdb

from makegood.ingestion import words

DAYS = 7
"""How many of the last published days are searched."""
NAMED = 5
"""How many of the unknown words are listed, the most frequent first."""
COUNTED = f"""
select coalesce($column, 'none'), count(*)
from fct_requests
where $normalised = 'other' and request_date > (select max(request_date) from fct_request_hours) - {DAYS}
group by all
order by 2 desc, 1
"""


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
    counted = con.execute(COUNTED.replace("$normalised", normalised).replace("$column", column)).fetchall()
    strange = words.unknown(table, (word for word, _ in counted))
    found = [(word, count) for word, count in counted if word in strange]
    return UnknownWords(sum(count for _, count in found), len(found), dict(found[:NAMED]))
