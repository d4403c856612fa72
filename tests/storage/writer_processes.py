"""Processes that write in a home, or wait until they may."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO

from running_gateway import Gateway

from makegood.derivation.dbt_command import ADDRESS
from makegood.hours import HOUR
from makegood.settings import PROJECT

WRITER = """
import sys
from pathlib import Path
from makegood.home import Home
from makegood.storage.writing import writing
with writing(Home(Path(sys.argv[1])), "run", float(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""
"""A program that writes in a home, after it waited for so many seconds at most."""


@contextmanager
def process(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A process that runs until its standard input ends."""
    child = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield child
    finally:
        child.communicate()


def start_run(gateway: Gateway, hour: datetime) -> subprocess.Popen[str]:
    """Start a `makegood run` of one landing hour, in a process of its own and without the dbt server of the tests."""
    environment = {name: value for name, value in os.environ.items() if name != ADDRESS}
    span = [f"{hour:%Y-%m-%dT%H}", "--to", f"{hour + HOUR:%Y-%m-%dT%H}"]
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration", "run", "--from", *span],
        cwd=PROJECT,
        env={**environment, "MAKEGOOD_HOME": str(gateway.root), "MAKEGOOD_SOURCES": str(gateway.settings.sources)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def first_line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()
