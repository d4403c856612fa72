"""Runs a command and measures its wall time and the peak memory of its whole process tree."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil


@dataclass(frozen=True)
class Measured:
    """One command's wall time in seconds, and the peak of its processes' total resident memory in MiB."""

    wall_s: float
    peak_mib: int


def measure(command: list[str], environment: dict[str, str], log: Path) -> Measured:
    """Run the command to its end with its output in `log`. Raises RuntimeError if it fails."""
    peak = 0
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output)
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.1):
                peak = max(peak, _resident(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = process.wait()
        wall = time.perf_counter() - begun
        done.set()
        watcher.join()
    if code:
        raise RuntimeError(f"{' '.join(command)} failed: {log.read_text(errors='replace')[-2000:]}")
    return Measured(wall, peak >> 20)


def typical(runs: list[Measured]) -> Measured:
    """The median wall time and the largest peak memory."""
    return Measured(median(run.wall_s for run in runs), max(run.peak_mib for run in runs))


def _resident(pid: int) -> int:
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
    except psutil.Error:
        pass
    return total
