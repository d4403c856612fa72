"""The page's SQL, one file per query. The first line of a file says what the query returns."""

from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent


@lru_cache
def query(name: str) -> str:
    """The text of the query. Its places `{name}` are filled in with fixed texts of ours; what visitors send is bound to `$name`."""
    return (HERE / f"{name}.sql").read_text()
