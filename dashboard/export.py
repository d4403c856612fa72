"""Exports the details with their payout status, as Parquet or as CSV that is safe against formula injection in spreadsheets."""

from pathlib import Path
from typing import Literal
from uuid import uuid4

from dashboard.filters import RowFilters
from dashboard.queries import Queries
from dashboard.sessions import Session
from makegood.publication.asking import ask
from makegood.storage.connections import sql_text
from makegood.storage.queries import sql_beside
from makegood.storage.rows import guarded_sql

TEXT_COLUMNS = ("model", "finish", "compensation_type", "request_id", "source", "account_id")
FORMS = {"csv": "format csv, header", "parquet": "format parquet, compression zstd"}


def write_export(session: Session, queries: Queries, filters: RowFilters, form: Literal["csv", "parquet"]) -> Path:
    """Write all rows that the filters select, in the order of the page. The caller removes the file.

    In CSV, an apostrophe is put before a text that a spreadsheet would read as a formula, and before one that begins with an apostrophe.
    """
    details, values = queries.all_details(filters)
    details = sql_beside(__file__, "details_with_status").format(details=details)
    if form == "csv":
        safe = ", ".join(f"{guarded_sql(name)} as {name}" for name in TEXT_COLUMNS)
        details = f"select * replace ({safe}) from ({details})"
    target = session.scratch / f"{uuid4().hex}.{form}"
    with session.writing() as (con, folder):
        written = folder / target.name
        ask(con, f"copy ({details}) to '{sql_text(written)}' ({FORMS[form]})", values)
        written.rename(target)
    return target
