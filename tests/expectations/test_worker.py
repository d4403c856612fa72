"""The audit worker process: it gives the same results as an audit in process, and a clear error if it cannot."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from audited_home import Home

from expectations.__main__ import serve
from expectations.audit import audit
from expectations.results import SuiteResult
from expectations.worker import AuditWorker
from makegood.errors import MakegoodError


@pytest.fixture(scope="module")
def worker() -> Iterator[AuditWorker]:
    with AuditWorker() as worker:
        yield worker


def test_the_worker_gives_the_same_results_as_the_audit(worker: AuditWorker, home: Home) -> None:
    home.execute("update makegood.fct_requests set latency_ms = -1 where request_id = 'r7'")
    assert worker.audit(home.path) == audit(home.path)


def test_worker_answers_again_after_a_refusal(worker: AuditWorker, home: Home) -> None:
    with pytest.raises(MakegoodError, match="No such audit: fct_ghosts"):
        worker.audit(home.path, ["fct_ghosts"])
    (result,) = worker.audit(home.path, ["fct_compensations"])
    assert result.success


def test_a_worker_reports_a_missing_table_and_can_audit_again(worker: AuditWorker, home: Home) -> None:
    home.execute("alter table makegood.fct_requests rename to gone")
    pid = worker.pid
    with pytest.raises(MakegoodError, match=r"cannot be audited: .*fct_requests does not exist"):
        worker.audit(home.path)
    home.execute("alter table makegood.gone rename to fct_requests")
    assert all(result.success for result in worker.audit(home.path))
    assert worker.pid == pid


def test_worker_that_is_killed_is_reported_dead(home: Home) -> None:
    with AuditWorker() as worker:
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(MakegoodError, match="died with exit code -9"):
            worker.audit(home.path)


def test_a_worker_that_exceeds_its_time_limit_is_terminated(home: Home) -> None:
    with AuditWorker() as worker, pytest.raises(MakegoodError, match="did not answer within 0 s"):
        worker.audit(home.path, timeout_s=0)


def test_closing_ends_the_process_and_closing_again_does_nothing() -> None:
    worker = AuditWorker()
    worker.start()
    pid = worker.pid
    worker.close()
    worker.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_every_request_line_gets_one_answer_line(home: Home) -> None:
    good = {"home": str(home.path), "suites": ["fct_compensations"], "snapshot_id": None, "writer_token": None}
    bad = {**good, "suites": ["fct_ghosts"]}
    answers = io.StringIO()
    serve(io.StringIO("".join(json.dumps(request) + "\n" for request in (good, bad, good))), answers)
    first, second, third = map(json.loads, answers.getvalue().splitlines())
    assert first == third
    assert SuiteResult.from_dict(first["suites"][0]).table == "fct_compensations"
    assert second["error"].startswith("No such audit: fct_ghosts")


def test_the_calling_process_does_not_import_great_expectations() -> None:
    program = "import sys, expectations.worker; print('great_expectations' in sys.modules)"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "False"
