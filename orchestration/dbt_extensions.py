"""The dbt-duckdb plugin that loads DuckDB's extensions before dbt attaches the warehouse; nothing else belongs here."""

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from orchestration.duck import EXTENSIONS, extension_file


class Plugin(BasePlugin):
    """Loads the extensions out of their wheels, so that nothing is downloaded."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Load each extension by its full path; FileNotFoundError names the package that is missing."""
        for name in EXTENSIONS:
            conn.load_extension(str(extension_file(name)))
