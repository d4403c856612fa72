"""The server of dbt commands: what comes back to the command, and when the server ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from makegood.derivation.dbt_command import ADDRESS
from makegood.derivation.dbt_project import DBT
from makegood.derivation.dbt_server import DBT_PROJECT, DbtServer
from makegood.home import Home, dbt_directory

STARTS_A_SERVER = """
import sys
from pathlib import Path
from makegood.derivation.dbt_server import DbtServer
from makegood.home import Home
server = DbtServer(Home(Path(sys.argv[1])))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DbtServer]:
    monkeypatch.delenv(ADDRESS, raising=False)
    with DbtServer(Home(tmp_path)) as started:
        yield started


def dbt(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([DBT, *arguments], capture_output=True, text=True, timeout=120)


def test_a_command_answers_the_same_with_a_server_and_without(
    server: DbtServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_server = dbt("--version"), dbt("no-such-command")
    server.close()
    assert ADDRESS not in os.environ
    without_server = dbt("--version"), dbt("no-such-command")
    monkeypatch.setenv(ADDRESS, "/no/such/socket")
    for served, direct, unreachable in zip(
        with_server, without_server, (dbt("--version"), dbt("no-such-command")), strict=True
    ):
        assert served.returncode == direct.returncode == unreachable.returncode
        assert served.stdout == direct.stdout == unreachable.stdout
    assert with_server[0].returncode == 0 != with_server[1].returncode
    assert "duckdb" in with_server[0].stdout


def test_a_command_that_is_killed_before_it_is_sent_leaves_the_server_running(server: DbtServer) -> None:
    subprocess.run(
        [
            sys.executable,
            "-c",
            f"import os, socket; s = socket.socket(socket.AF_UNIX); s.connect(os.environ['{ADDRESS}']); socket.send_fds(s, [bytes(8)], [0, 1, 2])",
        ],
        check=True,
    )
    assert dbt("--version").returncode == 0


def test_a_second_server_of_the_same_process_is_the_first_one(server: DbtServer, tmp_path: Path) -> None:
    address = os.environ[ADDRESS]
    with DbtServer(Home(tmp_path)):
        assert os.environ[ADDRESS] == address
    assert os.environ[ADDRESS] == address


def test_the_server_of_a_killed_process_ends_and_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ADDRESS, raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_A_SERVER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        server = psutil.Process(int(starter.stdout.readline()))
        assert list(tmp_path.glob("makegood-dbt-*"))
        starter.kill()
        server.wait(timeout=60)
    assert not list(tmp_path.glob("makegood-*"))


def test_a_project_that_changed_since_it_was_parsed_is_parsed_by_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ADDRESS, raising=False)
    home = Home(tmp_path / "home").prepare()
    monkeypatch.setenv("MAKEGOOD_HOME", str(home.root))
    monkeypatch.setenv("DBT_PROJECT_DIR", str(DBT_PROJECT))
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path))
    profile = (DBT_PROJECT / "profiles.yml").read_text()
    (tmp_path / "profiles.yml").write_text(profile.replace("TimeZone: UTC", "TimeZone: Europe/Berlin"))
    target = str(dbt_directory(home.warehouse))
    earlier = dbt("--quiet", "parse", "--profiles-dir", str(tmp_path), "--target-path", target)
    assert earlier.returncode == 0, earlier.stdout
    with DbtServer(home):
        today = dbt("--quiet", "parse", "--profiles-dir", str(DBT_PROJECT), "--target-path", str(tmp_path / "today"))
    assert today.returncode == 0, today.stdout
