"""Runs a command and measures its wall time, its CPU time, and the peak memory of its whole process tree."""

import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import psutil

SAMPLED_EVERY_S = 0.2


@dataclass(frozen=True)
class Measured:
    """One command's wall and CPU seconds, the peak of its processes' total resident memory in MiB; its process id and when it began.

    Memory is sampled ten times a second. Pages that processes share, as a fork does with its parent, count once for each of them, so the
    peak is an upper bound. `begun_s` is a time of the monotonic clock.
    """

    wall_s: float
    cpu_s: float
    peak_mib: int
    pid: int
    begun_s: float


class _Tree:
    """The process of the command and its descendants, as they are sampled."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._cpu_s: dict[tuple[int, float], float] = {}
        self.peak = 0

    def sample(self) -> None:
        """Look at every process that lives now."""
        total = 0
        try:
            processes = [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return
        for process in processes:
            try:
                self._cpu_s[process.pid, process.create_time()] = sum(process.cpu_times()[:2])
                total += _memory(process.pid)
            except (psutil.Error, OSError):
                continue
        self.peak = max(self.peak, total)

    @property
    def cpu_s(self) -> float:
        """CPU seconds of every process that was seen, until it was last seen."""
        return sum(self._cpu_s.values())


def measure(command: list[str], environment: dict[str, str], log: Path) -> Measured:
    """Run the command to its end with its output in `log`. Raises RuntimeError if it fails."""
    used = _children_cpu_s()
    with log.open("wb") as output:
        begun = time.monotonic()
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output)
        done, tree = threading.Event(), _Tree(process.pid)

        def watch() -> None:
            while not done.wait(SAMPLED_EVERY_S):
                tree.sample()

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = process.wait()
        wall = time.monotonic() - begun
        done.set()
        watcher.join()
    if code:
        raise RuntimeError(f"{' '.join(command)} failed: {log.read_text(errors='replace')[-2000:]}")
    # The kernel's sum is exact, but leaves out forks that nobody waited for; the samples leave out each process's last moments.
    cpu = max(_children_cpu_s() - used, tree.cpu_s)
    return Measured(wall, cpu, tree.peak >> 20, process.pid, begun)


def typical(runs: list[Measured]) -> Measured:
    """The median wall and CPU time and the largest peak memory."""
    return replace(
        runs[0],
        wall_s=median(run.wall_s for run in runs),
        cpu_s=median(run.cpu_s for run in runs),
        peak_mib=max(run.peak_mib for run in runs),
    )


def _memory(pid: int) -> int:
    """The proportional share of the memory that a process has in use, in bytes. Raises OSError if it has ended."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def _children_cpu_s() -> float:
    """CPU seconds of all children of this process that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
