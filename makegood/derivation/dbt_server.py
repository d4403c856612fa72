"""A process that has imported dbt and parsed the project, and runs each dbt command in a fork of itself.

dbt takes two seconds to import and as long to read the parsed project, every time. The server does both once, while the run that started it
still imports Dagster or lands files, and each command starts at once. `makegood-dbt` sends its command here if the environment variable
`MAKEGOOD_DBT_SERVER` names a server.
"""

import atexit
import gc
import hashlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from cachetools import LRUCache

from makegood.derivation.dbt_command import ADDRESS, SIZE_BYTES, in_this_process
from makegood.garbage_collection import collect_seldom
from makegood.home import Home, dbt_directory
from makegood.settings import PROJECT

DBT_PROJECT = PROJECT / "dbt_project"
PARTIAL_PARSE = "partial_parse.msgpack"
"""dbt's name for the file with the parsed project, in the target folder."""

KEPT_PROJECTS = 4
"""How many parsed projects are kept. A run needs one; processes that change the policy, as tests do, need several."""


class DbtServer:
    """The server, as the process that starts it sees it: `with DbtServer(home):` starts it and returns at once.

    It ends when it is closed or when this process ends, however that ends. Commands that still run then go on to their own end.
    """

    def __init__(self, home: Home) -> None:
        """The parsed project of this home is read ahead of the first command."""
        self._target = dbt_directory(home.warehouse)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, which imports in the background, and have this process's dbt commands go to it.

        Does nothing if they go to a server already.
        """
        if ADDRESS in os.environ:
            return
        folder = Path(tempfile.mkdtemp(prefix="makegood-dbt-"))
        address = str(folder / "commands")
        # This process binds the socket, so that a command that comes at once waits for the imports.
        with socket.socket(socket.AF_UNIX) as commands:
            commands.bind(address)
            commands.listen()
            number = commands.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "makegood.derivation.dbt_server", str(number), str(folder), str(self._target)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=[number],
                cwd=DBT_PROJECT,
                env={**os.environ, "DBT_PROFILES_DIR": str(DBT_PROJECT)},
            )
        os.environ[ADDRESS] = address

    @property
    def pid(self) -> int:
        """The id of the process that this object started."""
        assert self._process is not None, "the dbt server is not running, or another object started it"
        return self._process.pid

    def close(self) -> None:
        """End the process. Does nothing if this object did not start one."""
        if self._process is None or self._process.stdin is None:
            return
        folder = Path(os.environ.pop(ADDRESS)).parent
        # Without the signal, this would wait until the server has imported everything.
        self._process.terminate()
        self._process.communicate()
        self._process = None
        shutil.rmtree(folder, ignore_errors=True)

    def __enter__(self) -> "DbtServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def serve(server: socket.socket, target: Path, ends: IO[bytes]) -> None:
    """Run the commands that come to this socket until `ends` is closed."""
    projects = _Projects()
    if (target / PARTIAL_PARSE).is_file():
        projects.parsed(target / PARTIAL_PARSE)
    with selectors.DefaultSelector() as selector:
        selector.register(server, selectors.EVENT_READ)
        selector.register(ends, selectors.EVENT_READ)
        while all(key.fileobj is server for key, _ in selector.select()):
            client, _ = server.accept()
            with client:
                _run(client, server, projects)


class _Projects:
    """The parsed projects that this process has read, by the digest of the file that holds them."""

    def __init__(self) -> None:
        from dbt.cli.main import dbtRunner

        self._runner = dbtRunner
        self._known: LRUCache[str, Any] = LRUCache(KEPT_PROJECTS)

    def parsed(self, file: Path) -> Any:
        """What dbt reads from this file and the project; None if dbt cannot, and then the command itself will say why."""
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if digest not in self._known:
            with tempfile.TemporaryDirectory(prefix="makegood-parse-") as folder:
                # dbt's static parser is compiled code that starts threads, and a fork of a process with threads may hang in it.
                said = self._runner().invoke(
                    ["--quiet", "--no-static-parser", "parse", "--no-write-json", "--partial-parse-file-path", str(file), "--target-path", folder, "--log-path", folder]
                )  # fmt: skip
            self._known[digest] = said.result if said.success else None
            gc.collect()
            gc.freeze()
        return self._known[digest]


def _run(client: socket.socket, server: socket.socket, projects: _Projects) -> None:
    """Run one command in a fork, which answers the client."""
    try:
        size, streams, *_ = socket.recv_fds(client, SIZE_BYTES, 3)
        with client.makefile("rb") as asked:
            arguments, folder, environment = json.loads(asked.read(int.from_bytes(size, "big")))
    except (OSError, ValueError):
        # The client was killed before it had sent its command.
        return
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    file = Path(environment.get("DBT_TARGET_PATH", "")) / PARTIAL_PARSE
    manifest = projects.parsed(file) if "build" in arguments and file.is_file() else None
    if os.fork():
        for stream in streams:
            os.close(stream)
        return
    server.close()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for stream, number in zip(streams, (0, 1, 2), strict=True):
        os.dup2(stream, number)
        os.close(stream)
    sys.argv = arguments
    code = 1
    try:
        client.sendall(f"{os.getpid()}\n".encode())
        code = in_this_process(manifest)
    except BaseException:
        traceback.print_exc()
    finally:
        # What a process does at its end, which a fork that ends at once leaves out: multiprocessing removes its semaphores.
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        client.sendall(f"{code}\n".encode())
        os._exit(code)


def main() -> None:
    """Serve until stdin ends, which it does when the process that started this one ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    collect_seldom()
    number, folder, target = sys.argv[1:]
    try:
        with socket.socket(fileno=int(number)) as server:
            serve(server, Path(target), sys.stdin.buffer)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
