"""Reads the rows of CSV and Parquet files as JSON text, one object per row. The adapters interpret the fields.

Every value becomes a JSON string, so that no number is converted to a float; nested Parquet values become JSON.
"""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import duckdb

from makegood.ingestion.unpacking import UnpackedFile
from makegood.storage.connections import connect, sql_text

LONGEST_FIELD = 64 << 20
ROWS_IN_MEMORY = 10_000

Row = tuple[bytes, str | None]
"""A record's text, in UTF-8 if the source was, and the fault that the reader found, if any."""


def csv_rows(file: UnpackedFile) -> Iterator[Row]:
    """The rows after the header. Raises OSError if the file cannot be read."""
    csv.field_size_limit(LONGEST_FIELD)
    text = io.TextIOWrapper(
        io.BufferedReader(_Stream(file.pieces())), encoding="utf-8", errors="surrogateescape", newline=""
    )
    rows = csv.reader(text)
    names = next(rows, [])
    while True:
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error:
            yield b"", "malformed_csv"
            continue
        yield _csv_row(names, row)
    if file.fault:
        yield b"", file.fault


def _csv_row(names: list[str], row: list[str]) -> Row:
    if not any(row):
        return b"", None
    pairs = zip(names, row, strict=False)
    record = json.dumps({name: value for name, value in pairs if name and value}, ensure_ascii=False)
    return record.encode(errors="surrogateescape"), None if len(row) == len(names) else "malformed_csv"


def parquet_rows(file: UnpackedFile) -> Iterator[Row]:
    """The rows of the file. Raises OSError if it cannot be read."""
    if not file.is_packed:
        file.read_over()
        yield from _parquet_rows(file.path)
        return
    with NamedTemporaryFile(suffix=".parquet") as unpacked:
        _unpack(file, unpacked)
        yield from [(b"", file.fault)] if file.fault else _parquet_rows(Path(unpacked.name))


def _unpack(file: UnpackedFile, target: IO[bytes]) -> None:
    for piece in file.pieces():
        shutil.copyfileobj(io.BytesIO(piece), target)
    target.flush()


def _parquet_rows(path: Path) -> Iterator[Row]:
    with connect(extensions=()) as con:
        relation = f"read_parquet('{sql_text(path)}')"
        try:
            columns = con.execute(f"describe select * from {relation}").fetchall()
            values = ", ".join(f"{_quoted(name)} := {_value(name, kind)}" for name, kind, *_ in columns)
            rows = con.execute(f"select to_json(struct_pack({values}))::varchar from {relation}")
            while batch := rows.fetchmany(ROWS_IN_MEMORY):
                for (record,) in batch:
                    yield record.encode(), None
        except duckdb.Error:
            yield b"", "corrupt_file"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _value(name: str, kind: str) -> str:
    is_nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))
    return f"to_json({_quoted(name)})" if is_nested else f"{_quoted(name)}::varchar"


class _Stream(io.RawIOBase):
    """A readable stream over pieces of bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "io.Buffer") -> int:  # type: ignore[name-defined]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        view = memoryview(buffer)
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
