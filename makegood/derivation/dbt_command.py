"""The command `makegood-dbt`: dbt as a run starts it. Its arguments are built in orchestration/dbt.py."""

import os
import sys
from pathlib import Path

from makegood.errors import MakegoodError
from makegood.garbage_collection import collect_seldom
from makegood.home import Home
from makegood.storage.writing import TOKEN, joined


def main() -> None:
    """dbt's own command line. It holds the home's lock for its run, and keeps holding it if the run itself is killed."""
    collect_seldom()
    try:
        with joined(Home(Path(os.environ.get("MAKEGOOD_HOME", ""))), os.environ.get(TOKEN)):
            from dbt.cli.main import cli

            cli()
    except MakegoodError as error:
        sys.exit(f"makegood-dbt: {error}")
