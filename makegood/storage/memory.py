"""How much memory this machine gives us, and how much of it DuckDB may use. A container's limit counts, not only the machine's memory."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

from makegood.settings import memory_setting

MIB = 1 << 20
PYTHON_BYTES = 896 * MIB
"""What the processes of a run (Dagster, dbt, the server that forks it, the audits) use together besides DuckDB's limit, with the memory that they share counted once."""
HOUR_BYTES = 1536 * MIB
"""What a run of an hour uses at most where `MAKEGOOD_MEMORY` is not set, however large the machine is."""
BACKFILL_BYTES = 2560 * MIB
"""What any other run uses at most then. Grouping and joining need some memory that cannot be spilled, and more of it for more rows."""
HOUR_ROWS = 1_250_000
"""Up to so many deliveries count as an hour."""
LEAST_FOR_DUCKDB = 256 * MIB
"""DuckDB gets this much on the smallest machine; with less, operators that cannot spill would fail."""


def duckdb_bytes(rows: int | None = None) -> int:
    """The memory limit of a connection, in bytes. What does not fit is spilled.

    Of the processes of a run only one computes at a time, so that each of them may have the same limit.

    Args:
        rows: how many deliveries are derived, if that is known.

    Raises:
        MakegoodError: `MAKEGOOD_MEMORY` is invalid.
    """
    return max(LEAST_FOR_DUCKDB, run_bytes(rows) - PYTHON_BYTES)


def run_bytes(rows: int | None = None) -> int:
    """How much memory all processes of a run may use together: the setting, or what the machine gives up to the usual.

    Raises:
        MakegoodError: `MAKEGOOD_MEMORY` is invalid.
    """
    usual = BACKFILL_BYTES if rows is None or rows > HOUR_ROWS else HOUR_BYTES
    return memory_setting() or min(usual, machine_bytes())


def machine_bytes(root: Path = Path("/")) -> int:
    """The smallest of all limits of this process: physical memory, cgroups and their parents (v1 and v2), and its address space.

    Args:
        root: where `proc` and `sys` are mounted.
    """
    limits = [_physical_bytes(root), *_cgroup_limits(root)]
    address_space, _ = resource.getrlimit(resource.RLIMIT_AS)
    if address_space != resource.RLIM_INFINITY:
        limits.append(address_space)
    return min(limits)


def _physical_bytes(root: Path) -> int:
    """From `meminfo`, which some containers replace by one with their own limit."""
    for line in _lines(root / "proc" / "meminfo"):
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _cgroup_limits(root: Path) -> Iterator[int]:
    mounts = root / "sys" / "fs" / "cgroup"
    for line in _lines(root / "proc" / "self" / "cgroup"):
        _, controllers, group = line.split(":", 2)
        if not controllers:
            yield from _limits_up(mounts, group, ("memory.max", "memory.high"))
            yield from _limits_up(mounts / "unified", group, ("memory.max", "memory.high"))
        elif "memory" in controllers.split(","):
            yield from _limits_up(mounts / "memory", group, ("memory.limit_in_bytes",))


def _limits_up(mount: Path, group: str, names: tuple[str, ...]) -> Iterator[int]:
    """The limits of a group and of all groups that contain it.

    A container may see its own group mounted as the root, under the name that the group has outside. Then only the root exists here.
    """
    steps = [step for step in group.split("/") if step not in ("", "..")]
    for count in range(len(steps), -1, -1):
        for name in names:
            for limit in _lines(mount.joinpath(*steps[:count], name)):
                if limit.isdecimal():
                    yield int(limit)


def _lines(file: Path) -> list[str]:
    try:
        return [line for line in file.read_text().split("\n") if line]
    except OSError:
        return []
