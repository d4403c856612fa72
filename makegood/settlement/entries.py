"""Builds ledger entries from what is due, and checks the invariants that must hold before they are posted."""

from datetime import date, datetime

import duckdb

from makegood.errors import MakegoodError
from makegood.settlement.due import UNKNOWN_ACCOUNT
from makegood.settlement.ledger import COLUMNS
from makegood.storage.queries import named_rows, sql_beside

DIGESTED = ", chr(31), ".join(f"coalesce({name}::varchar, '')" for name in COLUMNS if name != "entry_digest")
ENTRY_DIGEST = f"sha256(concat({DIGESTED}))"
"""SQL of an entry's digest: SHA-256 of all its other columns as text, joined by unit separators, with null as the empty text."""

ENTRY_ID = "sha256(concat(compensation_id, '|', account_id, '|', {ordinal}))"
"""SQL of an entry's id: SHA-256 of its key and its ordinal among the entries of that key, counted from 1."""


def make_entries(con: duckdb.DuckDBPyConnection, batch_id: int, settled_date: date, posted_at: datetime) -> None:
    """Create the temporary table `entries` from the table `due`, without what is held back."""
    sql = sql_beside(__file__, "entries").format(
        entry_id=ENTRY_ID.format(ordinal="entry_count + 1"), entry_digest=ENTRY_DIGEST
    )
    con.execute(sql, {"batch_id": batch_id, "settled_date": settled_date, "posted_at": posted_at})


def check(con: duckdb.DuckDBPyConnection) -> None:
    """Refuse to post if an invariant is violated.

    Raises:
        MakegoodError: names the first entry that violates an invariant, and which one.
    """
    for row in named_rows(con.execute(sql_beside(__file__, "violated_invariant"), {"unknown": UNKNOWN_ACCOUNT})):
        raise MakegoodError(
            f"not posted: entry {row['entry_id']} violates an invariant ({row['fault']});"
            " this is a bug, keep the home and report it"
        )
