"""The command `makegood-dbt`: dbt as a run starts it. Its arguments are built in dbt_project.py, and by dagster-dbt.

This module imports little, because a command that a server runs only waits here.
"""

import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

ADDRESS = "MAKEGOOD_DBT_SERVER"
"""The environment variable with the socket of the server that runs commands; see dbt_server.py."""
SIZE_BYTES = 8
"""A command is sent as so many bytes with its length, and its JSON."""

DIED = 1
"""The exit code of a command whose process was killed."""


def main() -> None:
    """Run the command in the server if there is one, and otherwise in this process."""
    server = os.environ.get(ADDRESS)
    code = in_server(server) if server else None
    sys.exit(in_this_process() if code is None else code)


def in_this_process(manifest: Any = None) -> int:
    """dbt's own command line. It holds the home's lock for its run, and keeps holding it if the run itself is killed.

    Args:
        manifest: the parsed project, if it is at hand; otherwise dbt reads or parses it.

    Returns:
        The exit code: 0, 1 if dbt failed, and 2 if dbt could not begin.
    """
    from makegood.errors import MakegoodError
    from makegood.garbage_collection import collect_seldom
    from makegood.home import Home
    from makegood.storage.writing import TOKEN, joined

    collect_seldom()
    try:
        with joined(Home(Path(os.environ.get("MAKEGOOD_HOME", ""))), os.environ.get(TOKEN)):
            from dbt.cli.main import dbtRunner

            said = dbtRunner(manifest=manifest).invoke(sys.argv[1:])
    except MakegoodError as error:
        print(f"makegood-dbt: {error}", file=sys.stderr)
        return 1
    if said.exception is not None:
        return 2
    return 0 if said.success else 1


def in_server(address: str) -> int | None:
    """The exit code of the command, run by the server at this address with the streams of this process.

    None if no server took the command.
    """
    with socket.socket(socket.AF_UNIX) as server, server.makefile() as answers:
        try:
            server.connect(address)
            command = json.dumps([["makegood-dbt", *sys.argv[1:]], str(Path.cwd()), dict(os.environ)]).encode()
            socket.send_fds(server, [len(command).to_bytes(SIZE_BYTES, "big")], [0, 1, 2])
            server.sendall(command)
            pid = int(answers.readline() or 0)
        except OSError:
            return None
        if not pid:
            return None
        while True:
            try:
                return int(answers.readline() or DIED)
            except KeyboardInterrupt:
                os.kill(pid, signal.SIGINT)
