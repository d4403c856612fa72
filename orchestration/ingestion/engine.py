"""Opens DuckDB for ingestion: in UTC, offline, and without the warehouse's extensions, whose loading takes longer than a small hour."""

from pathlib import Path

import duckdb


def connect(database: str | Path = ":memory:", *, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to a database file or to memory; `spill` is the directory for what does not fit in memory."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if spill is not None:
        config["temp_directory"] = str(spill)
    con = duckdb.connect(str(database), config=config)
    con.execute("set timezone = 'UTC'")
    return con
