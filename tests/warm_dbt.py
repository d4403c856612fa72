"""A dbt that is imported once for all tests of a process: each command runs in a fork of it, as a process of its own.

dbt's imports take seconds, and a test's run starts dbt several times. What runs is `makegood-dbt` itself, with the command line, environment,
working directory and standard streams that it was started with.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    asked = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(asked).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(asked)
    sys.exit(int(server.makefile().read() or 1))
"""
SERVER = """
import json, os, signal, socket, sys, traceback
import dbt.adapters.duckdb, dbt.parser.manifest, dbt.cli.main
from makegood.derivation.dbt_command import main

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
with socket.socket(socket.AF_UNIX) as server:
    server.bind(sys.argv[1])
    server.listen()
    print("ready", flush=True)
    while True:
        client, _ = server.accept()
        if os.fork():
            client.close()
            continue
        server.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        size, streams, *_ = socket.recv_fds(client, 8, 3)
        for stream, number in zip(streams, (0, 1, 2)):
            os.dup2(stream, number)
            os.close(stream)
        asked = client.makefile("rb").read(int.from_bytes(size, "big"))
        sys.argv, folder, environment = json.loads(asked)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        code = 0
        try:
            main()
        except SystemExit as exit:
            code = exit.code if isinstance(exit.code, int) else int(exit.code is not None)
            if isinstance(exit.code, str):
                print(exit.code, file=sys.stderr)
        except BaseException:
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        client.sendall(str(code).encode())
        client.close()
        os._exit(code)
"""


@cache
def warm_dbt() -> str:
    """The program to start dbt by. Its server ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="makegood-dbt-"))
    program, address = folder / "makegood-dbt", str(folder / "address")
    program.write_text(CLIENT.format(python=sys.executable, address=address))
    program.chmod(0o700)
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, address],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "MAKEGOOD_HOME": str(folder)},
    )
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.send_signal, signal.SIGKILL)
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    return str(program)
