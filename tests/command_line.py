"""Runs commands of `makegood` in the process of the tests."""

from __future__ import annotations

import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from orchestration.command_line.cli import main


def exit_code(*arguments: str) -> int:
    """Run a command over the home that the environment names, and return its exit code. An exception that is none of ours is raised."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["makegood", *arguments])
        with pytest.raises(SystemExit) as raised:
            main()
    return int(raised.value.code or 0)


def makegood(home: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a command over a home, and return its exit code, standard output and standard error."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("MAKEGOOD_HOME", str(home))
        patch.setenv("MAKEGOOD_SOURCES", str(home / "sources.yml"))
        code = exit_code(*arguments)
    return code, out.getvalue(), err.getvalue()
