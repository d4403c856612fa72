"""Tables printed to a terminal: amounts and times are never wrapped or truncated, and text is shown unchanged."""

import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from fcntl import ioctl
from typing import Any

import pytest

LARGE = Decimal("-123456789.123456789012")
AT = datetime(2026, 11, 1, 10, 29, 59, 999000)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
PRINT = """
import datetime
from decimal import Decimal
from orchestration.command_line.presentation import print_rows
print_rows({columns!r}, {rows!r}, "table", "The title")
"""


def printed(columns: Sequence[str], rows: Sequence[Sequence[Any]], width: int | None) -> list[str]:
    """The printed lines of a table, in a terminal of the given width or in a pipe."""
    reader, writer = pty.openpty()
    command = [sys.executable, "-c", PRINT.format(columns=columns, rows=rows)]
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    if width is None:
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.splitlines()
    ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    process = subprocess.Popen(command, stdin=writer, stdout=writer, env={**environment, "TERM": "xterm"})
    os.close(writer)
    output = b""
    with suppress(OSError):
        while chunk := os.read(reader, 65536):
            output += chunk
    os.close(reader)
    assert process.wait() == 0
    return COLOURS.sub("", output.decode()).splitlines()


@pytest.mark.parametrize("amounts", [1, 2, 3, 9])
def test_amounts_and_times_are_never_wrapped_in_a_narrow_terminal(amounts: int) -> None:
    columns = ["model", "asked_at", *(f"amount_{number}" for number in range(amounts))]
    lines = printed(columns, [("anthropic/claude-3.5-sonnet-of-today", AT, *[LARGE] * amounts)] * 2, 80)
    assert max(map(len, lines)) <= 80
    assert sum(line.count(f"{LARGE:f}") for line in lines) == 2 * amounts
    assert sum(line.count("2026-11-01T10:29:59.999000") for line in lines) == 2
    joined = re.sub(r"[\s│]", "", "".join(lines))
    assert "The" in lines[0] and "claude" in joined
    if amounts == 9:
        assert "row 2" in lines, "what fits into no table is told row by row"


def test_a_pipe_gets_each_row_on_one_line() -> None:
    lines = printed(["model", *"abcdefgh"], [("m", *[LARGE] * 8)], None)
    assert sum(line.count(f"{LARGE:f}") for line in lines) == max(line.count(f"{LARGE:f}") for line in lines) == 8


def test_text_that_looks_like_markup_is_shown_unchanged() -> None:
    [line] = [line for line in printed(["[red]x"], [("mistral/[large]",)], 80) if "mistral" in line]
    assert "mistral/[large]" in line
    assert any("[red]x" in line for line in printed(["[red]x"], [("a",)], 80))


def test_long_text_wraps_and_loses_nothing() -> None:
    sentence = "why this was paid, and that was not: " * 5
    lines = printed(["amount", "in words"], [(LARGE, sentence)], 80)
    assert max(map(len, lines)) <= 80
    words = " ".join(line.split("│")[-2] for line in lines if line.startswith("│")).split()
    assert words == sentence.split()
