"""Opens DuckDB connections and loads the extensions from installed wheels. warehouse.py attaches the DuckLake."""

from importlib.util import find_spec
from pathlib import Path

import duckdb

from makegood.storage.memory import duckdb_bytes

EXTENSIONS = ("ducklake", "sqlite_scanner")

_checked: set[str] = set()
"""Extensions whose signature DuckDB has verified in this process. Each check takes a tenth of a second, and wheels do not change."""

Config = dict[str, str | bool | int | float | list[str]]


def extension_file(name: str) -> Path:
    """The signed extension binary from the `duckdb-extension-<name>` wheel, for the installed DuckDB version.

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
    """A DuckDB connection in UTC that never accesses the network, and uses no more memory than `duckdb_bytes` says.

    Args:
        database: a file, or `:memory:`.
        extensions: which of Makegood's extensions to load. Loading them takes longer than landing a small hour, which needs none.
        spill: the directory for data that does not fit in memory.
    """
    config: Config = {
        **trust(extensions),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": f"{duckdb_bytes()}B",
    }
    if spill is not None:
        config["temp_directory"] = str(spill)
    con = duckdb.connect(str(database), config=config)
    con.execute("set timezone = 'UTC'; set enable_progress_bar = false")
    load(con, extensions)
    return con


def trust(extensions: tuple[str, ...]) -> Config:
    """The configuration of a connection that will `load` these extensions. Signatures are verified only once per process."""
    return {"allow_unsigned_extensions": bool(extensions) and _checked.issuperset(extensions)}


def load(con: duckdb.DuckDBPyConnection, extensions: tuple[str, ...] = EXTENSIONS) -> None:
    """Load these extensions; afterwards the connection refuses unsigned ones.

    Raises:
        FileNotFoundError: a wheel is missing, or was built for another DuckDB version.
    """
    for name in extensions:
        con.execute(f"load '{sql_text(extension_file(name))}'")
    con.execute("set allow_unsigned_extensions = false")
    _checked.update(extensions)


def sql_text(value: object) -> str:
    """Escape a value for use inside a SQL string literal: each `'` is doubled."""
    return str(value).replace("'", "''")


def sql_list(values: list[str]) -> str:
    """A SQL list literal of strings."""
    return "[" + ", ".join(f"'{sql_text(value)}'" for value in values) + "]"
