"""Tables of the words that gateways and providers use for what was bought, why an answer ended and whose fault an error was.

They are data files in `words/`, shared by all adapters. Adapters and landing decide which table to look a word up in.
"""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from makegood.storage.connections import sql_text
from makegood.storage.queries import sql_beside

WORDS = Path(__file__).parent / "words"
TABLES = {
    "finish_reasons": "finish_key(word) as key, finish_reason as meaning",
    "operations": "operation_key(word) as key, operation as meaning",
    "routes": "rank::integer as rank, pattern as key, operation as meaning",
    "service_accounts": "word as key",
    "error_origins": "place, lower(word) as key, error_origin as meaning",
}
"""Each table's name, which is also that of its file, and its columns: `key` is the normalised word, `meaning` is our word for it."""


def files() -> list[Path]:
    """The tables' files, in a fixed order."""
    return [WORDS / f"{name}.csv" for name in TABLES]


def load(con: duckdb.DuckDBPyConnection) -> None:
    """Create the tables for all sessions of this database; needs macros.sql. Reading them takes longer than landing a small file."""
    for name, columns in TABLES.items():
        file = sql_text(WORDS / f"{name}.csv")
        con.execute(sql_beside(__file__, "words").format(name=name, columns=columns, file=file))


def unknown(table: str, said: Iterable[str]) -> set[str]:
    """Those of these words that are in no row of the table, which is `operations` or `finish_reasons`."""
    key = {"operations": "operation_key", "finish_reasons": "finish_key"}[table]
    with duckdb.connect() as con:
        con.execute((WORDS.parent / "macros.sql").read_text())
        load(con)
        rows = con.execute(
            f"select word from unnest($said::varchar[]) as said(word) where {key}(word) not in (select key from {table})",
            {"said": list(said)},
        ).fetchall()
    return {word for (word,) in rows}
