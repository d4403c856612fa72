"""The audit worker: reads one JSON request per line from stdin and writes one JSON answer per line to stdout, until stdin ends.

A request is `{"home": …, "suites": [table, …] | null, "snapshot_id": … | null, "writer_token": "…" | null}`.
An answer is `{"suites": [SuiteResult, …]}` or `{"error": "…"}`. Importing Great Expectations takes seconds, so start the worker early.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import IO, Any

from makegood.garbage_collection import collect_seldom


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the audit that `request` asks for, and return its answer, which holds an error where the audit is not possible."""
    from expectations.audit import audit
    from makegood.errors import MakegoodError
    from makegood.home import Home
    from makegood.storage.writing import joined

    home = Path(request["home"])
    try:
        with joined(Home(home), request["writer_token"]):
            results = audit(home, request["suites"], request["snapshot_id"])
    except MakegoodError as error:
        return {"error": str(error)}
    return {"suites": [result.to_dict() for result in results]}


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Answer every line of `requests` in turn. The audit is imported before the first request is awaited."""
    import expectations.audit  # noqa: F401

    for line in requests:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


def main() -> None:
    """Serve on this process's stdin and stdout. Anything else that is printed to stdout is redirected to stderr."""
    collect_seldom()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
