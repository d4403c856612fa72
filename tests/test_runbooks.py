"""The runbooks: each has the same four sections, is linked from the audits that need it, and every command in it works."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
from surprised_home import surprised_home

from orchestration.command_line.cli import main

RUNBOOKS = sorted((Path(__file__).parents[1] / "docs" / "runbooks").glob("*.md"))


@pytest.mark.parametrize("file", RUNBOOKS, ids=lambda file: file.stem)
def test_a_runbook_says_how_it_shows_how_to_confirm_to_fix_and_to_prevent_it(file: Path) -> None:
    assert re.findall(r"^## (.+)$", file.read_text(), re.M) == ["Symptom", "Confirm", "Fix", "Prevent"]


@pytest.mark.parametrize("file", RUNBOOKS, ids=lambda file: file.stem)
def test_every_command_of_a_runbook_works(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    home = surprised_home(tmp_path).root
    monkeypatch.setenv("MAKEGOOD_HOME", str(home))
    monkeypatch.setenv("MAKEGOOD_SOURCES", str(home / "sources.yml"))
    commands = [
        line for block in re.findall(r"^```\n(.+?)^```$", file.read_text(), re.M | re.S) for line in block.splitlines()
    ]
    assert commands
    for command in commands:
        monkeypatch.setattr(sys, "argv", shlex.split(command))
        with pytest.raises(SystemExit) as exit_:
            main()
        assert not exit_.value.code, f"{command}\n{capfd.readouterr().err}"
