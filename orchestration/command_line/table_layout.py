"""Lays out tables for the width of the terminal: numbers and times are never broken, text is wrapped."""

from collections.abc import Callable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

NUMBERS = (int, Decimal, float)
WHOLE = (*NUMBERS, date, time)
"""Types whose values are never folded or cut."""
LONGEST_WORD = 16
"""Words up to this length are not folded either; a longer word, such as an id, is folded if there is no room."""
BOXED, BARE = 3, 2
"""Characters that a column needs in addition to its text: a line and a space on either side, or two spaces."""
PIPE = 1_000_000
"""Width that is used if the output is not a terminal, so that every row fits on one line."""


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], text: Callable[[Any], str], title: str | None = None
) -> None:
    """Print rows as a table with lines, or without lines if it does not fit, or else as one block of lines per row.

    Args:
        columns: the column names.
        rows: the rows, each with one value per column.
        text: converts a value to text.
        title: printed above the table.
    """
    console = Console(soft_wrap=True, highlight=False)
    if not console.is_terminal:
        console.width = PIPE
    cells = [[text(value) for value in row] for row in rows]
    least = sum(
        _least(name, [row[index] for row in rows], [row[index] for row in cells]) for index, name in enumerate(columns)
    )
    if least + BOXED * len(columns) < console.width:
        made: RenderableType = _table(columns, rows, cells, box.HEAVY_HEAD)
    elif least + BARE * (len(columns) - 1) <= console.width:
        made = _table(columns, rows, cells, None)
    else:
        made = _one_by_one(columns, cells)
    if title:
        console.print(Text(title, style="bold"))
    console.print(made)


def _least(name: str, values: list[Any], cells: list[str]) -> int:
    """Minimum width of a column in characters."""
    widest = max(map(cell_len, cells), default=0)
    if not _is_whole(values):
        widest = min(LONGEST_WORD, max((cell_len(word) for cell in cells for word in cell.split()), default=0))
    return max(widest, *map(cell_len, name.split(" ")))


def _is_whole(values: list[Any]) -> bool:
    return all(value is None or isinstance(value, WHOLE) for value in values)


def _table(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], cells: list[list[str]], lines: box.Box | None
) -> Table:
    table = Table(box=lines, padding=(0, 1) if lines else (0, BARE, 0, 0), pad_edge=lines is not None)
    for index, name in enumerate(columns):
        values = [row[index] for row in rows]
        is_number = any(isinstance(value, NUMBERS) and not isinstance(value, bool) for value in values)
        least = _least(name, values, [row[index] for row in cells])
        table.add_column(
            Text(name),
            justify="right" if is_number else "left",
            overflow="fold",
            width=least if _is_whole(values) else None,
            min_width=least,
        )
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _one_by_one(columns: Sequence[str], cells: list[list[str]]) -> Group:
    """Each row as a block of lines with name and value."""
    made: list[RenderableType] = []
    for number, row in enumerate(cells, 1):
        lines = Table.grid(padding=(0, 2))
        lines.add_column(no_wrap=True)
        lines.add_column(overflow="fold")
        for name, cell in zip(columns, row, strict=True):
            lines.add_row(Text(name), Text(cell))
        made += [Text(f"row {number}", style="bold"), Padding(lines, (0, 0, 1, 0), expand=False)]
    return Group(*made)
