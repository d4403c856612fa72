"""Client of the audit worker process. It does not import Great Expectations, which takes seconds."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO

from expectations.results import SuiteResult
from makegood.errors import MakegoodError

# Number of lines of the worker's stderr that an error message shows.
SHOWN_LINES = 20


class AuditWorker:
    """A process that imports Great Expectations in the background and runs audits on request.

    `with AuditWorker() as worker:` starts the process and returns at once. Only one caller may use it at a time.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._stderr: IO[str] | None = None

    def start(self) -> None:
        """Start the process, which imports in the background. Does nothing if it is already running."""
        if self._process is not None:
            return
        self._stderr = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "expectations"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            encoding="utf-8",
        )

    def audit(
        self,
        home: Path,
        suites: Iterable[str] | None = None,
        snapshot_id: int | None = None,
        timeout_s: float = 600,
        writer_token: str | None = None,
    ) -> list[SuiteResult]:
        """Run `expectations.audit.audit` in the worker, which is started if it is not running.

        With `writer_token`, the token of the calling run, the worker keeps the home locked while it audits, even if that
        run is killed.

        Raises MakegoodError where the audit is not possible, the worker dies, or it does not answer within `timeout_s`
        seconds. In the last two cases the worker is closed, and the next call starts a new one.
        """
        self.start()
        request = {
            "home": str(home.absolute()),
            "suites": None if suites is None else list(suites),
            "snapshot_id": snapshot_id,
            "writer_token": writer_token,
        }
        answer = json.loads(self._ask(json.dumps(request), timeout_s))
        if "error" in answer:
            raise MakegoodError(answer["error"])
        return [SuiteResult.from_dict(suite) for suite in answer["suites"]]

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self._process is not None, "the audit worker is not running"
        return self._process.pid

    def close(self) -> None:
        """Kill the process and wait for it. Does nothing if it is not running."""
        if self._process is None or self._stderr is None:
            return
        self._process.kill()
        self._process.communicate()
        self._stderr.close()
        self._process = self._stderr = None

    def __enter__(self) -> AuditWorker:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, request: str, timeout_s: float) -> str:
        """Send one line and return the line that answers it."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(request + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise self._death() from None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(timeout_s):
                self.close()
                raise MakegoodError(f"The audit worker did not answer within {timeout_s:g} s and was ended; run again.")
        line = process.stdout.readline()
        if not line.endswith("\n"):
            raise self._death()
        return line

    def _death(self) -> MakegoodError:
        """Close the dead worker and return the error that says how it died."""
        assert self._process is not None and self._stderr is not None
        code = self._process.wait()
        self._stderr.seek(0)
        tail = "".join(self._stderr.readlines()[-SHOWN_LINES:]).strip()
        self.close()
        return MakegoodError(f"The audit worker died with exit code {code}; its last output:\n{tail}")
