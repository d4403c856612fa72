"""Values and rows as text that programs read back exactly: as JSON holds them, as CSV, and as lines of JSON. What rows say does not belong here.

CSV is RFC 4180 with `\\n` at the ends of lines, in UTF-8: null is an empty field, an empty text is `""`. Lines of JSON are ASCII, so that no
character of a text ends a line for any reader.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from makegood.errors import MakegoodError

NEEDS_QUOTES = re.compile(r'[",\x01-\x1f\x7f-\x9f\u2028\u2029\ufeff]|^\s|\s$|^$')
"""What is written in quotes: what would end a field or a line for any reader, and what a reader might trim or take for null."""

FORMULA_STARTS = "=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20"
"""What a spreadsheet takes for the start of a formula."""


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> str:
    """A CSV file with this heading and these rows.

    Raises:
        MakegoodError: a text holds a NUL or half a character, which no CSV file can carry.
    """
    return csv_line(columns) + "".join(map(csv_line, rows))


def csv_line(fields: Sequence[str | None]) -> str:
    """One line of CSV with its end.

    Raises:
        MakegoodError: a text holds a NUL or half a character, which no CSV file can carry.
    """
    made = ",".join(map(_field, fields))
    return (made or '""') + "\n"


def read_csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file in UTF-8, the heading among them, each with the number of the line on which it ends; blank lines are left out.

    Raises:
        ValueError: the bytes are no UTF-8, or no CSV; says on which line.
    """
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from error


def json_lines(objects: Iterable[Any]) -> str:
    """A line of JSON for each of the objects."""
    return "".join(json.dumps(item) + "\n" for item in objects)


def read_json_lines(content: bytes) -> list[Any]:
    """The objects of lines of JSON.

    Raises:
        ValueError: the bytes are no UTF-8, or a line is no JSON.
    """
    return [json.loads(line) for line in content.decode().split("\n") if line]


def guarded(text: str) -> str:
    """The text as a file that people open in a spreadsheet holds it: an apostrophe stands before what would be a formula, or another apostrophe.

    Every text has a form of its own, and `unguarded` finds it again. Files that programs read are exact and never guarded.
    """
    return f"'{text}" if text.startswith(("'", *FORMULA_STARTS)) else text


def unguarded(text: str) -> str:
    """The text that `guarded` was given."""
    return text.removeprefix("'")


def guarded_sql(column: str) -> str:
    """SQL of the column's texts as `guarded` makes them."""
    starts = " or ".join(f"starts_with({column}, chr({ord(start)}))" for start in f"'{FORMULA_STARTS}")
    return f"case when {starts} then concat('''', {column}) else {column} end"


def plain(value: Any) -> Any:
    """The value as JSON can hold it: decimals and times as text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep="T")
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def _field(text: str | None) -> str:
    if text is None:
        return ""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise MakegoodError(
            f"{text!r} cannot be written as CSV: it holds a NUL or half a character; mend it where it comes from"
        )
    return '"' + text.replace('"', '""') + '"' if NEEDS_QUOTES.search(text) else text
