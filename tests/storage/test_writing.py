"""One process writes in a home at a time, its children included, and whoever comes meanwhile is told who it is."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
from pathlib import Path

import dagster as dg
import psutil
import pytest
from command_line import exit_code
from damaging import copy_of
from running_gateway import FIRST, Gateway, record
from writer_processes import WRITER, first_line, process, start_run

from makegood.derivation import dbt_server
from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.hours import HOUR
from makegood.storage.writing import joined, token_held, writing
from orchestration.definitions import definitions_for
from orchestration.partitions import partition_key

COMMANDS = [
    ("run", "--from", "2026-11-01T00", "--to", "2026-11-01T01"),
    ("restate", "--from", "2026-11-01T00", "--to", "2026-11-01T01"),
    ("settle", "--date", "2026-11-03"),
    ("maintain",),
    ("rollback",),
    ("handover",),
    ("reconcile", "accepted.csv"),
]
CHILD = """
import os, sys
from pathlib import Path
from makegood.home import Home
from makegood.storage.writing import joined
with joined(Home(Path(sys.argv[1])), os.environ["MAKEGOOD_WRITER_TOKEN"]):
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""
PARENT = f"""
import subprocess, sys
from pathlib import Path
from makegood.home import Home
from makegood.storage.writing import writing
with writing(Home(Path(sys.argv[1])), "run"):
    subprocess.run([sys.executable, "-c", {CHILD!r}, sys.argv[1]])
"""


def refusal(gateway: Gateway, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command says that cannot be done now."""
    monkeypatch.setenv("MAKEGOOD_HOME", str(gateway.root))
    monkeypatch.setenv("MAKEGOOD_SOURCES", str(gateway.settings.sources))
    monkeypatch.setenv("MAKEGOOD_WRITER_PATIENCE_S", "0")
    monkeypatch.setattr(sys, "argv", ["makegood", *command])
    with pytest.raises(MakegoodError) as raised:
        from orchestration.command_line.cli import app

        app(standalone_mode=False)
    return str(raised.value)


def test_no_command_writes_beside_a_writer_and_each_says_who_that_is(
    published: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = published.marts()
    with process(WRITER, published.root, 0) as writer:
        assert first_line(writer.stdout) == "held"
        for command in COMMANDS:
            message = refusal(published, command, monkeypatch)
            pattern = rf"is being written by process {writer.pid} \(-c .*\), since 2\d\d\d-\d\d-\d\d [\d:]+ UTC"
            assert re.search(pattern, message), message
        assert published.marts() == before


def test_no_command_writes_beside_a_child_whose_parent_was_killed(
    published: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with process(PARENT, published.root) as parent:
        child = int(first_line(parent.stdout))
        orphan = psutil.Process(child)
        parent.kill()
        parent.wait()
        for command in COMMANDS:
            assert f"is being written by process {child} (-c " in refusal(published, command, monkeypatch)
    psutil.wait_procs([orphan])
    with writing(Home(published.root), "run"):
        pass


def test_a_run_that_dagster_starts_waits_for_the_same_writer(published: Gateway) -> None:
    settings = published.settings.model_copy(update={"writer_patience_s": 0})
    definitions = definitions_for(settings)
    keys = {"hourly": partition_key(FIRST), "restate": partition_key(FIRST), "settlement": "2026-11-03", "maintenance": None}  # fmt: skip
    with process(WRITER, published.root, 0) as writer:
        assert first_line(writer.stdout) == "held"
        for job, key in keys.items():
            with pytest.raises(dg.DagsterResourceFunctionError) as raised:
                definitions.resolve_job_def(job).execute_in_process(partition_key=key)
            assert f"cannot run now: {published.root} is being written by process {writer.pid} " in str(
                raised.value.__cause__
            ), job


FOREIGN = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("begin exclusive")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_run_beside_a_program_that_locks_the_catalog_fails_whole_and_can_be_run_again(
    published: Gateway, tmp_path: Path
) -> None:
    gateway = Gateway(copy_of(published.root, tmp_path / "home"))
    gateway.land(FIRST + HOUR, [record(f"s{n}", FIRST + HOUR, status_code="503") for n in range(50)])
    before = gateway.marts()
    with process(FOREIGN, gateway.root / "warehouse" / "catalog.sqlite") as foreign:
        assert first_line(foreign.stdout) == "locked"
        with pytest.raises(MakegoodError, match="another program has locked the warehouse's catalog"):
            gateway.run(FIRST + HOUR)
        assert gateway.marts() == before, "readers go on, and see nothing of it"
    assert gateway.marts() == before
    gateway.run(FIRST + HOUR)
    totals = "select count(*), count(distinct request_key), sum(payout_usd)::varchar from fct_compensations"
    assert gateway.query(totals) == [(59, 59, "0.590000000000")]
    assert gateway.query(f"{totals} where request_hour = 1") == [(50, 50, "0.500000000000")]


def test_a_home_by_another_path_is_the_same_home(tmp_path: Path) -> None:
    home, link = Home(tmp_path / "home").prepare(), tmp_path / "link"
    link.symlink_to(home.root)
    with process(WRITER, link, 0) as writer:
        assert first_line(writer.stdout) == "held"
        with pytest.raises(MakegoodError, match=f"process {writer.pid} "), writing(home, "maintain"):
            pass
    with writing(home, "run"), writing(Home(link), "run"):
        pass


def test_deleting_the_warehouse_lets_nobody_in(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    with process(WRITER, tmp_path, 0) as writer:
        assert first_line(writer.stdout) == "held"
        shutil.rmtree(home.warehouse)
        with pytest.raises(MakegoodError, match="cannot run now"), writing(home.prepare(), "run"):
            pass


def test_a_second_run_waits_and_then_writes(tmp_path: Path) -> None:
    with process(WRITER, tmp_path, 0) as first:
        assert first_line(first.stdout) == "held"
        with process(WRITER, tmp_path, 600) as second:
            assert f"Waiting to run: {tmp_path} is being written by process {first.pid} " in first_line(second.stderr)
            first.communicate()
            assert first_line(second.stdout) == "held"


def test_another_thread_of_the_process_is_another_writer(tmp_path: Path) -> None:
    home, outcomes = Home(tmp_path), []

    def write() -> None:
        try:
            with writing(home, "run"):
                outcomes.append("written")
        except MakegoodError as error:
            outcomes.append(str(error))

    with writing(home, "run"):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert f"process {os.getpid()} " in outcomes[0]
    write()
    assert outcomes[1] == "written"


def test_a_child_that_comes_after_its_writer_ended_does_not_write(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with writing(home, "run"):
        token = token_held(home)
        with joined(home, token):
            pass
    with pytest.raises(MakegoodError, match="has ended"), joined(home, token):
        pass
    with writing(home, "run"), pytest.raises(MakegoodError, match="has ended"), joined(home, token):
        pass


def test_a_home_that_cannot_be_locked_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "writer.lock").mkdir()
    with (
        pytest.raises(MakegoodError, match="Is a directory"),
        writing(Home(tmp_path), "run"),
    ):
        pass


def test_while_the_dbt_of_a_killed_run_lives_nobody_writes_and_then_nothing_is_lost_or_doubled(
    started: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = started
    gateway.land(FIRST + HOUR, [record(f"r{n}", FIRST + HOUR, status_code="503") for n in range(50)])
    published = gateway.marts()
    run = start_run(gateway, FIRST + HOUR)
    assert run.stderr is not None
    assert any(" START " in line for line in run.stderr), "dbt never began to write"
    [server, dbt] = [
        child for child in psutil.Process(run.pid).children(recursive=True) if dbt_server.__name__ in child.cmdline()
    ]
    assert dbt.ppid() == server.pid
    dbt.suspend()
    run.kill()
    run.wait()
    for command in COMMANDS:
        message = refusal(gateway, command, monkeypatch)
        assert f"is being written by process {dbt.pid} (makegood-dbt " in message
    assert gateway.marts() == published
    dbt.resume()
    psutil.wait_procs([dbt])
    run.stderr.close()

    gateway.run(FIRST + HOUR)
    assert exit_code("maintain") == 0
    assert gateway.query(
        "select count(*), count(distinct request_id), sum(payout_usd)::varchar from fct_compensations"
    ) == [(51, 51, "0.510000000000")]
