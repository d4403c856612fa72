"""What a reader may be asked with: text without control characters, numbers and times that are written in one way. Every reader's values pass here.

DuckLake writes a text that is compared with a column into SQL of its own, and a NUL ends it there: what follows would be run.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import duckdb

from makegood.errors import MakegoodError

CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""C0 controls, which no landed text holds, and half characters, which no text can hold."""
SPACING = str.maketrans("", "", "\t\n\r")
NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)", re.ASCII)
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
LONGEST_NUMBER = 40


class UnaskableError(MakegoodError):
    """A value that no reader is asked with. `name` is the parameter's."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} holds a control character, which no text that can be asked for does")
        self.name = name


def has_control(text: str) -> bool:
    """Whether the text holds a control character or half a character."""
    return CONTROL.search(text) is not None


def refuse_controls(arguments: Iterable[str], *, is_spacing_allowed: bool = False) -> None:
    """Look through what was typed on a command line.

    Args:
        arguments: the command and what follows it.
        is_spacing_allowed: whether tabs and line ends are text, as in SQL.

    Raises:
        UnaskableError: one of them holds a control character; it is named by its place.
    """
    for place, argument in enumerate(arguments, 1):
        if has_control(argument.translate(SPACING) if is_spacing_allowed else argument):
            raise UnaskableError(f"argument {place}")


def number(text: str) -> Decimal:
    """A number of digits, with a point or without; no sign, no exponent, no separators.

    Raises:
        ValueError: it is written in another way.
    """
    if len(text) > LONGEST_NUMBER or not NUMBER.fullmatch(text):
        raise ValueError(f"a number is written in at most {LONGEST_NUMBER} digits, such as 12 or 0.5")
    return Decimal(text)


def whole_number(text: str) -> int:
    """A number of digits alone.

    Raises:
        ValueError: it is written in another way.
    """
    if "." in text:
        raise ValueError("a whole number is written in digits alone, such as 12")
    return int(number(text))


def instant(text: str) -> datetime:
    """A day or a time of ISO 8601 in naive UTC; what names no zone is UTC.

    Raises:
        ValueError: it is written in another way, or there is no such time.
    """
    if not INSTANT.fullmatch(text):
        raise ValueError("a time is written like 2026-11-01T05:00:00.000Z")
    at = datetime.fromisoformat(text)
    try:
        return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    except OverflowError as error:
        raise ValueError("the time is too far away") from error


def ask(
    con: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, Any] | Sequence[Any]
) -> duckdb.DuckDBPyConnection:
    """Execute a question of our own with a person's values bound to it; the way in for all of them.

    Raises:
        UnaskableError: a value holds a control character.
    """
    for name, value in values.items() if isinstance(values, Mapping) else enumerate(values, 1):
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, str) and has_control(part):
                raise UnaskableError(str(name))
    return con.execute(sql, values)
