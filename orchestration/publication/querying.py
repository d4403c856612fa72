"""Answers a person's SQL at the published snapshot. How an answer is printed is presentation.py's."""

from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import MakegoodError
from orchestration.home import Home
from orchestration.publication.reading import reading


def answer(home: Path, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns' names and the rows; decimals stay decimals.

    Raises:
        MakegoodError: nothing is published, the SQL is wrong, or it asks for more than reading.
    """
    with reading(Home(home).existing().warehouse) as (con, _):
        try:
            statements = con.extract_statements(query)
            if not statements:
                raise MakegoodError("the query is empty")
            if len(statements) > 1:
                raise MakegoodError(f"one statement at a time, please: this holds {len(statements)}")
            if statements[0].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
                raise MakegoodError("only SELECT is answered here: the published snapshot is read-only")
            result = con.execute(statements[0])
            return [column[0] for column in result.description or []], result.fetchall()
        except duckdb.Error as error:
            raise MakegoodError(f"the query was refused: {' '.join(str(error).split())}") from error
