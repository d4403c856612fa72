"""The dbt-duckdb plugin that fills the home's path into the profile and loads DuckDB's extensions before dbt attaches the warehouse."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import Attachment, DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.storage.connections import EXTENSIONS, load, trust
from makegood.storage.memory import duckdb_bytes

PLACE = "$MAKEGOOD_HOME"


class Plugin(BasePlugin):
    """Fills the home's path into the profile, and loads the extensions from their wheels, so that nothing is downloaded."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Replace the placeholder by MAKEGOOD_HOME, limit the memory, and have signatures verified only once per process.

        Raises:
            MakegoodError: MAKEGOOD_HOME is not set, or MAKEGOOD_MEMORY is invalid.
        """
        home = os.environ.get(PLACE[1:])
        if not home:
            raise MakegoodError("dbt needs MAKEGOOD_HOME, the home to work in; `makegood run` sets it")
        creds.attach = [_placed(attachment, home) for attachment in creds.attach or []]
        config.update({name: _filled(value, home) for name, value in config.items()})
        config.update(trust(EXTENSIONS))
        config["memory_limit"] = f"{duckdb_bytes(_deliveries(Home(Path(home)).run_inputs))}B"

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Load each extension by its full path. Raises FileNotFoundError, naming the package, if a wheel is missing."""
        load(conn)


def _deliveries(run_inputs: Path) -> int | None:
    """How many deliveries the window holds; None if there is no window, as when the project is only parsed."""
    try:
        with duckdb.connect(str(run_inputs), read_only=True) as con:
            [(count,)] = con.execute("select coalesce(sum(landed_count), 0) from request_hours").fetchall()
    except duckdb.Error:
        return None
    return int(count)


def _placed(attachment: Attachment, home: str) -> Attachment:
    options = {name: _filled(value, home) for name, value in (attachment.options or {}).items()}
    return replace(attachment, path=_filled(attachment.path, home), options=options)


def _filled(value: Any, home: str) -> Any:
    return value.replace(PLACE, home) if isinstance(value, str) else value
