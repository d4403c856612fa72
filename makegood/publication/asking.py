"""Checks values from users before they are bound to a query: text without control characters, numbers and times in one fixed form.

This is a security boundary: DuckLake copies a text that is compared with a column into SQL of its own, where a NUL ends the literal, so
that the rest of the text would be executed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import duckdb

from makegood.errors import MakegoodError

CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""C0 control characters, which landed text never contains, and unpaired surrogates, which are not valid text."""
SPACING = str.maketrans("", "", "\t\n\r")
NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)", re.ASCII)
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
LONGEST_NUMBER = 40


class UnaskableError(MakegoodError):
    """A value that must not be bound to a query. `name` is the parameter's name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} contains a control character, which is not allowed")
        self.name = name


def has_control(text: str) -> bool:
    """Whether the text contains a control character or an unpaired surrogate."""
    return CONTROL.search(text) is not None


def refuse_controls(arguments: Iterable[str], *, is_spacing_allowed: bool = False) -> None:
    """Check the arguments of a command line.

    Args:
        arguments: the command and what follows it.
        is_spacing_allowed: whether tabs and line ends are allowed, as in SQL.

    Raises:
        UnaskableError: an argument contains a control character; it is identified by its position.
    """
    for place, argument in enumerate(arguments, 1):
        if has_control(argument.translate(SPACING) if is_spacing_allowed else argument):
            raise UnaskableError(f"argument {place}")


def number(text: str) -> Decimal:
    """Parse a number of digits, with or without a decimal point; no sign, exponent or separators.

    Raises:
        ValueError: the text has another form.
    """
    if len(text) > LONGEST_NUMBER or not NUMBER.fullmatch(text):
        raise ValueError(f"a number is written in at most {LONGEST_NUMBER} digits, such as 12 or 0.5")
    return Decimal(text)


def whole_number(text: str) -> int:
    """Parse a number that consists of digits only.

    Raises:
        ValueError: the text has another form.
    """
    if "." in text:
        raise ValueError("a whole number is written in digits alone, such as 12")
    return int(number(text))


def instant(text: str) -> datetime:
    """Parse a day or time in ISO 8601 to naive UTC; without a time zone it is taken as UTC.

    Raises:
        ValueError: the text has another form, or there is no such time.
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
    """Execute one of our own queries with a user's values bound to it. All user values are bound here.

    Raises:
        UnaskableError: a value contains a control character.
    """
    for name, value in values.items() if isinstance(values, Mapping) else enumerate(values, 1):
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, str) and has_control(part):
                raise UnaskableError(str(name))
    return con.execute(sql, values)
