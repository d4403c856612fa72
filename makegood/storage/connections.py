"""Opens DuckDB with its extensions from installed wheels. What is attached to it does not belong here."""

from importlib.util import find_spec
from pathlib import Path

import duckdb

EXTENSIONS = ("ducklake", "sqlite_scanner")

_checked: set[str] = set()
"""Extensions whose signature DuckDB has checked in this process: it takes a tenth of a second each time, and wheels do not change."""

Config = dict[str, str | bool | int | float | list[str]]


def extension_file(name: str) -> Path:
    """The signed extension binary that the `duckdb-extension-<name>` wheel carries for this DuckDB.

    Raises:
        FileNotFoundError: the wheel is missing, or was built for another DuckDB version.
    """
    package = find_spec(f"duckdb_extension_{name}")
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError(
            f"the package duckdb-extension-{name.replace('_', '-')} is not installed: run `make setup`"
        )
    root = Path(package.submodule_search_locations[0])
    file = root / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not file.exists():
        raise FileNotFoundError(f"{root.name} holds no extension for DuckDB {duckdb.__version__}: run `make setup`")
    return file


def connect(
    database: str | Path = ":memory:", *, extensions: tuple[str, ...] = EXTENSIONS, spill: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection in UTC that never asks the network.

    Args:
        database: a file, or `:memory:`.
        extensions: which of Makegood's to load; loading them takes longer than landing a small hour, which needs none.
        spill: the directory for what does not fit in memory.
    """
    config: Config = {**trust(extensions), "autoinstall_known_extensions": False, "autoload_known_extensions": False}
    if spill is not None:
        config["temp_directory"] = str(spill)
    con = duckdb.connect(str(database), config=config)
    con.execute("set timezone = 'UTC'")
    load(con, extensions)
    return con


def trust(extensions: tuple[str, ...]) -> Config:
    """What a connection is opened with that is to `load` these extensions: signatures are asked for until they were checked once."""
    return {"allow_unsigned_extensions": bool(extensions) and _checked.issuperset(extensions)}


def load(con: duckdb.DuckDBPyConnection, extensions: tuple[str, ...] = EXTENSIONS) -> None:
    """Load these extensions, and from then on none that is not signed.

    Raises:
        FileNotFoundError: a wheel is missing, or was built for another DuckDB version.
    """
    for name in extensions:
        con.execute(f"load '{sql_text(extension_file(name))}'")
    con.execute("set allow_unsigned_extensions = false")
    _checked.update(extensions)


def sql_text(value: object) -> str:
    """The inside of a SQL string literal: `'` doubled."""
    return str(value).replace("'", "''")


def sql_list(values: list[str]) -> str:
    """A SQL list literal of strings."""
    return "[" + ", ".join(f"'{sql_text(value)}'" for value in values) + "]"
