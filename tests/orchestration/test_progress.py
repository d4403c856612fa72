"""Progress of a run: after every piece how many are done, rows per second and the time left; a bar on a terminal only."""

from collections.abc import Iterator
from io import StringIO
from itertools import count

import pytest
from rich.console import Console

from orchestration.progress import followed


def follow_progress(*, is_terminal: bool, rows: list[int]) -> tuple[list[str], str]:
    """What is told and what is drawn of pieces that take ten seconds each."""
    messages: list[str] = []
    out = StringIO()
    seconds: Iterator[int] = count(0, 10)
    console = Console(file=out, force_terminal=is_terminal, width=100)
    pieces = [f"piece {number}" for number in range(len(rows))]
    assert list(followed(pieces, rows, messages.append, console, clock=lambda: next(seconds))) == pieces
    return messages, out.getvalue()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_after_every_piece_it_says_how_many_are_done_how_fast_and_how_long_it_still_takes(is_terminal: bool) -> None:
    messages, _ = follow_progress(is_terminal=is_terminal, rows=[1_000, 2_000, 30_000])
    assert messages == [
        "1 of 3 pieces done, 1,000 rows, 100 rows/s, 5:20 left",
        "2 of 3 pieces done, 3,000 rows, 150 rows/s, 3:20 left",
        "3 of 3 pieces done, 33,000 rows, 1,100 rows/s",
    ]


def test_a_terminal_shows_a_bar_with_the_same_and_a_pipe_shows_none() -> None:
    _, output = follow_progress(is_terminal=True, rows=[1_000, 2_000])
    assert "2/2" in output and "150 rows/s" in output
    _, output = follow_progress(is_terminal=False, rows=[1_000, 2_000])
    assert not output.strip()


def test_a_single_piece_is_not_announced() -> None:
    messages, drawn = follow_progress(is_terminal=True, rows=[1_000])
    assert not messages and not drawn.strip()


def test_pieces_without_rows_have_no_pace() -> None:
    messages, _ = follow_progress(is_terminal=False, rows=[0, 0])
    assert messages[0] == "1 of 2 pieces done, 0 rows, 0 rows/s"


def test_the_time_left_of_a_range_follows_from_its_files_and_the_pace_from_the_rows_that_landed() -> None:
    messages: list[str] = []
    seconds: Iterator[int] = count(0, 10)
    landed = iter([5_000, 5_000, 20_000])
    sizes = [1 << 20, 0, 3 << 20]
    list(followed("abc", sizes, messages.append, Console(quiet=True), lambda: next(landed), lambda: next(seconds)))
    assert messages == [
        "1 of 3 pieces done, 5,000 rows, 500 rows/s, 0:30 left",
        "2 of 3 pieces done, 5,000 rows, 250 rows/s, 1:00 left",
        "3 of 3 pieces done, 20,000 rows, 667 rows/s",
    ]
