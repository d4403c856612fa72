"""Words of the logs that Makegood does not know, with how many requests carry each: what was bought, and why an answer ended."""

from dataclasses import dataclass

import duckdb

from makegood.ingestion import words

DAYS = 7
"""How many of the last published days are looked through."""
NAMED = 5
"""How many words are named; the most frequent are."""
COUNTED = f"""
select coalesce($column, 'none'), count(*)
from fct_requests
where $normalised = 'other' and request_date > (select max(request_date) from fct_request_hours) - {DAYS}
group by all
order by 2 desc, 1
"""


@dataclass(frozen=True)
class UnknownWords:
    """Of one kind: requests that carry a word which is not known, how many such words there are, and the most frequent with their counts."""

    requests: int
    words: int
    named: dict[str, int]


def unknown_operations(con: duckdb.DuckDBPyConnection) -> UnknownWords:
    """Words for what was bought: nothing is paid for the content of such requests."""
    return _counted(con, "operation", "native_operation", "operations")


def unknown_endings(con: duckdb.DuckDBPyConnection) -> UnknownWords:
    """Words for why an answer ended: none of such requests is paid as empty."""
    return _counted(con, "finish_reason", "native_finish_reason", "finish_reasons")


def _counted(con: duckdb.DuckDBPyConnection, normalised: str, column: str, table: str) -> UnknownWords:
    """Words that are known to mean none of ours, such as `queued`, are not counted."""
    counted = con.execute(COUNTED.replace("$normalised", normalised).replace("$column", column)).fetchall()
    strange = words.unknown(table, (word for word, _ in counted))
    found = [(word, count) for word, count in counted if word in strange]
    return UnknownWords(sum(count for _, count in found), len(found), dict(found[:NAMED]))
