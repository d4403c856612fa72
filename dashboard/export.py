"""The details as a file, each with how far its payout has come: CSV that no spreadsheet takes for formulas, or Parquet. Which rows is queries.py's."""

from pathlib import Path
from typing import Literal
from uuid import uuid4

from dashboard.filters import RowFilters
from dashboard.following import Session
from dashboard.queries import Queries
from makegood.publication.asking import ask
from makegood.storage.connections import sql_text
from makegood.storage.rows import guarded_sql

TEXT_COLUMNS = ("model", "finish", "compensation_type", "request_id", "source", "account_id")
WITH_STATUS = """
select details.* exclude (place), statuses.payout_status
from (select *, row_number() over () as place from ({details})) as details
left join (
    select "timestamp", request_key, payout_status from mart_compensation_details
    where "timestamp" >= $start and "timestamp" < $end
) as statuses using ("timestamp", request_key)
order by place
"""
FORMS = {"csv": "format csv, header", "parquet": "format parquet, compression zstd"}


def write_export(session: Session, queries: Queries, filters: RowFilters, form: Literal["csv", "parquet"]) -> Path:
    """Write every row that the filters select, in the page's order; the caller removes the file.

    In CSV a text that a spreadsheet would take for a formula begins with an apostrophe, and so does one that begins with one.
    """
    details, values = queries.all_details(filters)
    details = WITH_STATUS.format(details=details)
    if form == "csv":
        safe = ", ".join(f"{guarded_sql(name)} as {name}" for name in TEXT_COLUMNS)
        details = f"select * replace ({safe}) from ({details})"
    target = session.scratch / f"{uuid4().hex}.{form}"
    with session.writing() as (con, folder):
        written = folder / target.name
        ask(con, f"copy ({details}) to '{sql_text(written)}' ({FORMS[form]})", values)
        written.rename(target)
    return target
