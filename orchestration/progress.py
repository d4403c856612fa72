"""How far a run has come: a bar on the terminal, and for Dagster's UI a tag of the run and a line in its log after every piece."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO, TypeVar

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from makegood.derivation.window import Window, delivered_rows
from makegood.ingestion.inventory import Inventory

TAG = "makegood/progress"
Piece = TypeVar("Piece")
_terminals: list[TextIO] = []


@contextmanager
def terminal_kept() -> Iterator[None]:
    """Keep the terminal of this process, if it has one, for the bar: during a step Dagster puts a file in the place of standard error."""
    if not sys.stderr.isatty():
        yield
        return
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as terminal:
        _terminals.append(terminal)
        try:
            yield
        finally:
            _terminals.remove(terminal)


def derived_pieces(
    context: dg.AssetExecutionContext, pieces: Sequence[Window], inventory: Inventory
) -> Iterator[Window]:
    """The pieces of a run one by one. When the next one is asked for, the last one is done, and the progress is shown."""

    def tell(sentence: str) -> None:
        context.log.info(sentence)
        context.instance.add_run_tags(context.run_id, {TAG: sentence})

    rows = [delivered_rows(piece.request_hours, inventory) for piece in pieces]
    return followed(pieces, rows, tell, Console(file=_terminals[-1]) if _terminals else Console(quiet=True))


def followed(
    pieces: Sequence[Piece],
    rows: Sequence[int],
    tell: Callable[[str], None],
    console: Console,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Piece]:
    """Yield the pieces and show how many are done, rows per second and the time left.

    Args:
        pieces: what is to be done.
        rows: how many rows each of them has.
        tell: gets a sentence after every piece.
        console: shows a bar if it is a terminal, and nothing otherwise.
        clock: seconds since any fixed moment.
    """
    columns = (TextColumn("pieces"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    begun, done = clock(), 0
    # Drawn after each piece and not in between, so that it does not cut the lines of the log, which others write.
    with Progress(*columns, console=console, disable=not console.is_terminal, auto_refresh=False) as bar:
        task = bar.add_task("pieces", total=len(pieces), pace="")
        for number, (piece, count) in enumerate(zip(pieces, rows, strict=True), 1):
            yield piece
            done += count
            pace = _pace(done, sum(rows) - done, clock() - begun)
            bar.update(task, advance=1, pace=pace, refresh=True)
            tell(f"{number} of {len(pieces)} pieces done, {done:,} rows, {pace}")


def _pace(done: int, left: int, seconds: float) -> str:
    """Such as `24,000 rows/s, 3:20 left`; without rows there is no pace to go by."""
    per_second = done / seconds if seconds > 0 else 0
    if not per_second:
        return "0 rows/s"
    minutes, rest = divmod(round(left / per_second), 60)
    return f"{per_second:,.0f} rows/s, {minutes}:{rest:02} left"
