"""Converts values and rows to text that programs read back exactly: JSON values, CSV and JSON lines.

CSV follows RFC 4180, in UTF-8 and with `\\n` as the line ending: null is an empty field, an empty text is `""`. JSON lines are ASCII, so
that no character inside a text can be taken for a line ending.
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
"""Matches fields that must be quoted: a reader might see the end of a field or line in them, trim them, or read them as null."""

FORMULA_STARTS = "=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20"
"""Characters that make a spreadsheet read a cell as a formula."""


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> str:
    """A CSV file with this header and these rows.

    Raises:
        MakegoodError: a text contains a NUL or an unpaired surrogate, which CSV cannot represent.
    """
    return csv_line(columns) + "".join(map(csv_line, rows))


def csv_line(fields: Sequence[str | None]) -> str:
    """One line of CSV, with its line ending.

    Raises:
        MakegoodError: a text contains a NUL or an unpaired surrogate, which CSV cannot represent.
    """
    made = ",".join(map(_field, fields))
    return (made or '""') + "\n"


def read_csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file in UTF-8, including the header, each with the number of its last line; blank lines are skipped.

    Raises:
        ValueError: the bytes are not UTF-8 or not CSV; a CSV error is reported with its line.
    """
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from error


def json_lines(objects: Iterable[Any]) -> str:
    """One line of JSON per object."""
    return "".join(json.dumps(item) + "\n" for item in objects)


def read_json_lines(content: bytes) -> list[Any]:
    """Parse JSON lines into objects.

    Raises:
        ValueError: the bytes are not UTF-8, or a line is not JSON.
    """
    return [json.loads(line) for line in content.decode().split("\n") if line]


def guarded(text: str) -> str:
    """Escape a text for files that people open in a spreadsheet: put an apostrophe before a formula, or before another apostrophe.

    The escaping is reversible with `unguarded`. Files for programs hold exact values and are never escaped like this.
    """
    return f"'{text}" if text.startswith(("'", *FORMULA_STARTS)) else text


def unguarded(text: str) -> str:
    """Undo `guarded`."""
    return text.removeprefix("'")


def guarded_sql(column: str) -> str:
    """SQL expression that applies `guarded` to a text column."""
    starts = " or ".join(f"starts_with({column}, chr({ord(start)}))" for start in f"'{FORMULA_STARTS}")
    return f"case when {starts} then concat('''', {column}) else {column} end"


def plain(value: Any) -> Any:
    """Convert a value to types that JSON can hold: decimals and times become text."""
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
            f"{text!r} cannot be written as CSV: it contains a NUL or an unpaired surrogate; fix it at its source"
        )
    return '"' + text.replace('"', '""') + '"' if NEEDS_QUOTES.search(text) else text
