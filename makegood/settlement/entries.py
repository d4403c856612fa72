"""Builds ledger entries from what is due, and checks the invariants that must hold before they are posted."""

from datetime import date, datetime

import duckdb

from makegood.errors import MakegoodError
from makegood.settlement.due import UNKNOWN_ACCOUNT
from makegood.settlement.ledger import COLUMNS
from makegood.storage.queries import sql_beside

DIGESTED = ", chr(31), ".join(f"coalesce({name}::varchar, '')" for name in COLUMNS if name != "entry_digest")
ENTRY_DIGEST = f"sha256(concat({DIGESTED}))"
"""SQL of an entry's digest: SHA-256 of all its other columns as text, joined by unit separators, with null as the empty text."""

ENTRY_ID = "sha256(concat(compensation_id, '|', account_id, '|', {ordinal}))"
"""SQL of an entry's id: SHA-256 of its key and its ordinal among the entries of that key, counted from 1."""

FAULTS = {
    "its account is unknown": f"select entry_id from entries where account_id = '{UNKNOWN_ACCOUNT}'",
    "its amount is zero": "select entry_id from entries where amount_usd = 0",
    "the total posted for its key would exceed the cost of its requests": (
        "select entry_id from entries inner join due using (compensation_id, account_id) where posted_usd + amount_usd > cost_usd"
    ),
    "the total posted for its key would be negative": (
        "select entry_id from entries inner join due using (compensation_id, account_id) where posted_usd + amount_usd < 0"
    ),
    "its payout has no decision": (
        "select entry_id from entries anti join (select compensation_id, account_id from fct_compensations"
        " where request_date in (select request_date from entries)) using (compensation_id, account_id) where entry_type = 'payout'"
    ),
    "its key has another entry in the batch": (
        "select min(entry_id) from entries group by compensation_id, account_id having count(*) > 1"
    ),
}
"""Violations of the invariants of entries; each has a query for the ids of the offending entries."""


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
    for fault, query in FAULTS.items():
        row = con.execute(f"{query} order by 1 limit 1").fetchone()
        if row:
            raise MakegoodError(
                f"not posted: entry {row[0]} violates an invariant ({fault}); this is a bug, keep the home and report it"
            )
