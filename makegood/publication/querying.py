"""Answers a person's SQL at the published snapshot. allowing.py checks the query; the command line prints the answer."""

from pathlib import Path
from typing import Any

import duckdb

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.publication.allowing import allowed
from makegood.publication.published_files import damage
from makegood.publication.reading import reading


def answer(home: Path, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The column names and the rows; decimals are returned as decimals.

    Raises:
        MakegoodError: nothing is published, the SQL is wrong, or it does more than read published tables.
    """
    with reading(Home(home).existing().warehouse) as (con, _):
        tables = [name for (name,) in con.execute("show tables").fetchall()]
        statement = allowed(con, query, tables)
        try:
            result = con.execute(statement)
            return [column[0] for column in result.description or []], result.fetchall()
        except (duckdb.Error, OSError) as error:
            if found := damage(error):
                raise found from error
            raise MakegoodError(f"the query was refused: {' '.join(str(error).split())}") from error
        except (ValueError, OverflowError) as error:
            raise MakegoodError(
                f"the answer holds a value that cannot be shown ({error}): cast it to varchar"
            ) from error
