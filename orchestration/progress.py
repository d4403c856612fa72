"""How far a range or a run has come: a bar on a terminal, and a sentence after every piece."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

Piece = TypeVar("Piece")


def followed(
    pieces: Sequence[Piece],
    sizes: Sequence[int],
    tell: Callable[[str], None],
    console: Console,
    rows: Callable[[], int] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Piece]:
    """Yield the pieces and show how many are done, rows per second and the time left.

    Args:
        pieces: what is to be done.
        sizes: how large each of them is, in any unit; the time left is estimated from it.
        tell: gets a sentence after every piece, if there are several.
        console: shows a bar if it is a terminal and there are several pieces, and nothing otherwise.
        rows: how many rows are done so far; None if the sizes are in rows.
        clock: seconds since any fixed moment.
    """
    columns = (TextColumn("pieces"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    begun, done = clock(), 0
    has_bar = console.is_terminal and len(pieces) > 1
    # Drawn after each piece and not in between, so that it does not cut the lines of the log, which others write.
    with Progress(*columns, console=console, disable=not has_bar, auto_refresh=False) as bar:
        task = bar.add_task("pieces", total=len(pieces), pace="")
        for number, (piece, size) in enumerate(zip(pieces, sizes, strict=True), 1):
            yield piece
            done += size
            count, seconds = rows() if rows else done, clock() - begun
            pace = f"{count / seconds if seconds > 0 else 0:,.0f} rows/s"
            if done and number < len(pieces):
                pace += f", {_minutes(seconds * (sum(sizes) - done) / done)} left"
            bar.update(task, advance=1, pace=pace, refresh=True)
            if len(pieces) > 1:
                tell(f"{number} of {len(pieces)} pieces done, {count:,} rows, {pace}")


def _minutes(seconds: float) -> str:
    """Such as `3:20`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
