"""The details as a file, each with how far its payout has come: CSV that no spreadsheet takes for formulas, or Parquet. Which rows is queries.py's."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

from dashboard.filters import RowFilters
from dashboard.following import Session
from dashboard.queries import Queries
from orchestration.duck import sql_text
from orchestration.publication.asking import ask

TEXT_COLUMNS = ("model", "finish", "compensation_type", "request_id", "source", "account_id")
FORMULA_STARTS = r"^[=+\-@\t\r\n|%]"
WITH_STATUS = """
select details.* exclude (place), statuses.payout_status
from (select *, row_number() over () as place from ({details})) as details
left join (
    select "timestamp", source, request_id, payout_status from mart_compensation_details
    where "timestamp" >= $start and "timestamp" < $end
) as statuses using ("timestamp", source, request_id)
order by place
"""
FORMS = {"csv": "format csv, header", "parquet": "format parquet, compression zstd"}


def write_export(session: Session, queries: Queries, filters: RowFilters, form: Literal["csv", "parquet"]) -> Path:
    """Write every row that the filters select, in the page's order; the caller removes the file.

    In CSV a text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    details, values = queries.all_details(filters)
    details = WITH_STATUS.format(details=details)
    if form == "csv":
        safe = ", ".join(
            f"case when regexp_matches({name}, '{FORMULA_STARTS}') then '''' || {name} else {name} end as {name}"
            for name in TEXT_COLUMNS
        )
        details = f"select * replace ({safe}) from ({details})"
    with NamedTemporaryFile(dir=session.scratch, suffix=f".{form}", delete=False) as file:
        target = Path(file.name)
    try:
        with session.cursor() as cursor:
            ask(cursor, f"copy ({details}) to '{sql_text(target)}' ({FORMS[form]})", values)
    except BaseException:
        target.unlink()
        raise
    return target
