"""The audit worker: same answers as in process, and a clear word when it cannot answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from expectations.audit import audit
from expectations.results import SuiteResult
from expectations.worker import AuditWorker
from orchestration.errors import MakegoodError
from tests.expectations.conftest import Home


@pytest.fixture(scope="module")
def worker() -> Iterator[AuditWorker]:
    with AuditWorker() as started:
        yield started


def test_worker_answers_what_the_audit_measures(worker: AuditWorker, home: Home) -> None:
    home.execute("update makegood.fct_requests set latency_ms = -1 where request_id = 'r7'")
    assert worker.audit(home.path) == audit(home.path)


def test_worker_answers_again_after_a_refusal(worker: AuditWorker, home: Home) -> None:
    with pytest.raises(MakegoodError, match="No such audit: fct_ghosts"):
        worker.audit(home.path, ["fct_ghosts"])
    (result,) = worker.audit(home.path, ["fct_compensations"])
    assert result.success


def test_worker_that_crashes_says_its_last_words_and_the_next_call_starts_another(home: Home) -> None:
    with AuditWorker() as worker:
        home.execute("alter table makegood.fct_requests rename to gone")
        with pytest.raises(
            MakegoodError, match=r"died with exit code 1.*\n(.*\n)*.*fct_requests does not exist"
        ):
            worker.audit(home.path)
        home.execute("alter table makegood.gone rename to fct_requests")
        assert all(result.success for result in worker.audit(home.path))


def test_worker_that_is_killed_is_reported_dead(home: Home) -> None:
    with AuditWorker() as worker:
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(MakegoodError, match="died with exit code -9"):
            worker.audit(home.path)


def test_worker_that_does_not_answer_in_time_is_ended(home: Home) -> None:
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


def test_lines_in_lines_out_and_nothing_else_on_stdout(home: Home) -> None:
    request = {"home": str(home.path), "suites": ["fct_compensations"], "snapshot_id": None}
    finished = subprocess.run(
        [sys.executable, "-m", "expectations"],
        input=2 * (json.dumps(request) + "\n"),
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = map(json.loads, finished.stdout.splitlines())
    assert first == second
    assert SuiteResult.from_dict(first["suites"][0]).table == "fct_compensations"


def test_the_callers_side_does_not_import_great_expectations() -> None:
    program = "import sys, expectations.worker; print('great_expectations' in sys.modules)"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "False"
