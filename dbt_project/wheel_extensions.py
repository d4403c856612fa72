"""The dbt-duckdb plugin that loads DuckDB's extensions from their wheels; nothing else belongs here."""

from importlib.util import find_spec
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

EXTENSIONS = ("sqlite_scanner", "ducklake")


def wheel_path(extension: str) -> Path:
    """Return the extension file that the installed wheel of `extension` carries for this DuckDB.

    Raises FileNotFoundError, naming the package to install, where there is none.
    """
    spec = find_spec(f"duckdb_extension_{extension}")
    version = f"v{duckdb.__version__}"
    if spec is not None and spec.submodule_search_locations:
        root = Path(spec.submodule_search_locations[0])
        path = root / "extensions" / version / f"{extension}.duckdb_extension"
        if path.exists():
            return path
    package = f"duckdb-extension-{extension.replace('_', '-')}=={duckdb.__version__}"
    raise FileNotFoundError(f"DuckDB extension {extension} for {version} is not installed: install {package}")


class Plugin(BasePlugin):
    """Loads `EXTENSIONS` before dbt-duckdb attaches the warehouse, so that nothing is downloaded."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Load each extension by its full path."""
        for extension in EXTENSIONS:
            conn.load_extension(str(wheel_path(extension)))
