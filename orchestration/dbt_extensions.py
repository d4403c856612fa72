"""The dbt-duckdb plugin that loads DuckDB's extensions before dbt attaches the warehouse; nothing else belongs here."""

from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

from orchestration.duck import EXTENSIONS, load, trust


class Plugin(BasePlugin):
    """Loads the extensions out of their wheels, so that nothing is downloaded."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Check signatures once in a process."""
        config.update(trust(EXTENSIONS))

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Load each extension by its full path; FileNotFoundError names the package that is missing."""
        load(conn)
