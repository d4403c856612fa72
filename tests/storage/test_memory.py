"""DuckDB's memory limit comes from the machine, a container's limit included, and what does not fit is spilled to the home."""

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from makegood.errors import MakegoodError
from makegood.settings import PROJECT, Settings
from makegood.storage.connections import connect
from makegood.storage.memory import (
    HOUR_BYTES,
    LEAST_FOR_DUCKDB,
    MIB,
    PYTHON_BYTES,
    duckdb_bytes,
    machine_bytes,
    run_bytes,
)

PHYSICAL = {"proc/meminfo": "MemTotal:        8388608 kB\nMemFree:  1 kB\n"}
V2 = {"proc/self/cgroup": "0::/outer/inner\n"}
V1 = {"proc/self/cgroup": "5:cpu,memory:/outer/inner\n1:name=systemd:/outer\n0::/\n"}


def machine(root: Path, *files: Mapping[str, str]) -> int:
    """The memory of a machine with these files under `/proc` and `/sys`."""
    for name, text in {name: text for group in files for name, text in group.items()}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return machine_bytes(root)


def test_without_limits_it_is_the_physical_memory(tmp_path: Path) -> None:
    unlimited = {"sys/fs/cgroup/outer/inner/memory.max": "max\n", "sys/fs/cgroup/outer/inner/memory.high": "max\n"}
    assert machine(tmp_path, PHYSICAL, V2, unlimited) == 8 << 30


@pytest.mark.parametrize(
    "limited", ["outer/inner/memory.max", "outer/inner/memory.high", "outer/memory.max", "memory.max"]
)
def test_a_limit_of_a_group_or_of_one_around_it_counts(limited: str, tmp_path: Path) -> None:
    assert machine(tmp_path, PHYSICAL, V2, {f"sys/fs/cgroup/{limited}": f"{2 << 30}\n"}) == 2 << 30


def test_the_smallest_limit_counts(tmp_path: Path) -> None:
    limits = {"sys/fs/cgroup/outer/inner/memory.max": f"{3 << 30}\n", "sys/fs/cgroup/outer/memory.max": f"{1 << 30}\n"}
    assert machine(tmp_path, PHYSICAL, V2, limits) == 1 << 30


@pytest.mark.parametrize("limited", ["outer/inner", "outer", "."])
def test_a_limit_of_the_first_kind_of_cgroups_counts(limited: str, tmp_path: Path) -> None:
    unlimited = {"sys/fs/cgroup/memory/outer/inner/memory.limit_in_bytes": "9223372036854771712\n"}
    limits = {f"sys/fs/cgroup/memory/{limited}/memory.limit_in_bytes": f"{2 << 30}\n"}
    assert machine(tmp_path, PHYSICAL, V1, unlimited, limits) == 2 << 30


def test_a_limit_above_the_physical_memory_changes_nothing(tmp_path: Path) -> None:
    assert machine(tmp_path, PHYSICAL, V2, {"sys/fs/cgroup/outer/inner/memory.max": f"{64 << 30}\n"}) == 8 << 30


def test_a_machine_without_such_files_has_its_physical_memory(tmp_path: Path) -> None:
    assert machine_bytes(tmp_path) == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_a_limit_of_the_address_space_counts() -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))

    program = "from makegood.storage.memory import machine_bytes; print(machine_bytes())"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, preexec_fn=limit, capture_output=True, text=True, check=True
    )
    assert int(result.stdout) == 3 << 30


def test_an_hour_gets_less_than_a_backfill_and_the_setting_precedes_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAKEGOOD_MEMORY", raising=False)
    assert run_bytes(1_000_000) <= HOUR_BYTES
    assert run_bytes(1_000_000) <= run_bytes(2_000_000) <= 2560 * MIB
    for value, size in (("4GiB", 4 << 30), ("1.5 GiB", 3 << 29), ("2000MB", 2_000_000_000)):
        monkeypatch.setenv("MAKEGOOD_MEMORY", value)
        assert Settings.read().memory == run_bytes(1_000_000) == run_bytes() == size
        assert duckdb_bytes() == max(LEAST_FOR_DUCKDB, size - PYTHON_BYTES)


@pytest.mark.parametrize("value", ["", "2", "2GB!", "-2GiB", "1e3MiB", "512MiB", "2 gib", "9999999TiB", "lots"])
def test_a_size_that_cannot_be_meant_is_one_sentence(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEGOOD_MEMORY", value)
    sentence = f"MAKEGOOD_MEMORY is '{value}': it must be a size from 1GiB to 1024TiB, such as 2GiB"
    with pytest.raises(MakegoodError) as settings_error:
        Settings.read()
    with pytest.raises(MakegoodError) as connection_error:
        connect(extensions=())
    assert str(settings_error.value) == str(connection_error.value) == sentence


SORTING = """
import re, sys
from pathlib import Path
from makegood.storage.connections import connect
spill = Path(sys.argv[1])
with connect(extensions=(), spill=spill) as con:
    con.execute("create table texts as select md5(n::varchar) || sha256(n::varchar) as text from range(6_000_000) as t(n)")
    con.execute("create table sorted as select * from texts order by text")
    print(con.execute("select count(*) from sorted").fetchall()[0][0])
    print(sum(file.stat().st_size for file in spill.iterdir()))
# Unlike ru_maxrss, this does not count the memory of the process that started this one.
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024)
"""


def test_what_is_larger_than_the_memory_is_sorted_on_the_disk_of_the_home(tmp_path: Path) -> None:
    spill = tmp_path / "warehouse" / "spill"
    spill.mkdir(parents=True)
    result = subprocess.run(
        [sys.executable, "-c", SORTING, str(spill)], cwd=PROJECT, env={**os.environ, "MAKEGOOD_MEMORY": "1GiB"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    count, spilled, peak = map(int, result.stdout.split())
    assert count == 6_000_000
    assert spilled > LEAST_FOR_DUCKDB, "more was sorted than fits in the memory"
    assert peak < 2 * LEAST_FOR_DUCKDB
