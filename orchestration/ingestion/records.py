"""A landing file's bytes become numbered lines of JSON text. What the lines mean does not belong here.

Lines end at `\\n` alone (U+2028 may stand inside a JSON string). A file is read once, in pieces, and its digest is taken on
the way. Nothing raises for bad content: what cannot be read becomes a fault on a line, so that the good lines still land.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import zstandard
from zlib_ng import zlib_ng

from orchestration.duck import connect, sql_text

READ_BYTES = 1 << 18
CHUNK_BYTES = 4 << 20
LONGEST_LINE_BYTES = 64 << 20


@dataclass(frozen=True)
class Chunk:
    """Consecutive lines, without the last line's end.

    Attributes:
        first_line: the number of its first line in the file, from 1.
        lines: how many lines it holds.
        text: the lines, joined by `\\n`.
        fault: a quarantine reason for the chunk's last line, where the file ends badly.
        is_reencoded: whether bytes that are not UTF-8 were replaced by U+FFFD.
    """

    first_line: int
    lines: int
    text: str
    fault: str | None = None
    is_reencoded: bool = False


class Decoder(Protocol):
    """What zlib's and zstandard's decompression objects share."""

    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, /) -> bytes:
        """Decompress what `data` completes."""


@dataclass
class RecordFile:
    """One pass over a file; `digest` (sha-256, hex) and `lines` are right once the pass is over."""

    path: Path
    digest: str = ""
    lines: int = 0
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256, repr=False)

    def chunks(self) -> Iterator[Chunk]:
        """The file's lines, a few megabytes at a time.

        Raises:
            OSError: the file cannot be opened or read.
        """
        kind = content_kind(self.path)
        if kind is None:
            yield self._fault("unknown_format")
        elif kind == "parquet":
            yield from self._rows(_parquet_rows(self.path))
        elif kind == "csv":
            yield from self._rows(_csv_rows(io.TextIOWrapper(_Stream(self._bytes()), encoding="utf-8", errors="replace", newline="")))
        else:
            yield from self._lines(is_document=kind == "json")
        if kind == "parquet":
            with self.path.open("rb") as stream:
                while piece := stream.read(CHUNK_BYTES):
                    self._hash.update(piece)
        self.digest = self._hash.hexdigest()

    def _fault(self, reason: str) -> Chunk:
        self.lines += 1
        return Chunk(self.lines, 1, "", fault=reason)

    def _bytes(self) -> Iterator[bytes]:
        """Decompressed pieces. Raises _BadEnd after the last whole piece of a file that is cut off or corrupt."""
        suffix = self.path.suffix.lower()
        with self.path.open("rb") as stream:
            decoder = _decoder(suffix)
            while piece := stream.read(READ_BYTES):
                self._hash.update(piece)
                if decoder is None:
                    yield piece
                    continue
                while piece:
                    try:
                        yield decoder.decompress(piece)
                    except (zlib_ng.error, zstandard.ZstdError) as error:
                        while piece := stream.read(READ_BYTES):
                            self._hash.update(piece)
                        raise _BadEnd from error
                    piece = decoder.unused_data if decoder.eof else b""
                    if decoder.eof and piece:
                        decoder = _decoder(suffix)
                        assert decoder is not None
            if decoder is not None and not decoder.eof:
                raise _BadEnd

    def _lines(self, *, is_document: bool) -> Iterator[Chunk]:
        held: list[bytes] = []
        size = 0
        is_first = True
        is_cut = False
        source = self._bytes()
        while True:
            try:
                piece = next(source, None)
            except _BadEnd:
                piece, is_cut = None, True
            if piece is not None:
                held.append(piece)
                size += len(piece)
                if size < CHUNK_BYTES:
                    continue
            block = b"".join(held)
            if is_first:
                block = block.removeprefix(b"\xef\xbb\xbf")
                if is_document and not _starts_with_a_record(block):
                    if piece is None:
                        yield from self._document(block, is_cut)
                        return
                    if size < LONGEST_LINE_BYTES:
                        continue
                is_first = False
            end = len(block) if piece is None else block.rfind(b"\n") + 1
            if end == 0 and size > LONGEST_LINE_BYTES:
                yield self._fault("line_too_long")
                for _ in source:
                    pass
                return
            if piece is None and is_cut:
                yield from self._block(block, "truncated_file")
            elif end:
                yield from self._block(block[:end].removesuffix(b"\n"))
            if piece is None:
                return
            held, size = [block[end:]], len(block) - end

    def _block(self, block: bytes, fault: str | None = None) -> Iterator[Chunk]:
        if not block and fault is None:
            return
        text, is_reencoded = _decoded(block)
        first, count = self.lines + 1, block.count(b"\n") + 1
        self.lines += count
        yield Chunk(first, count, text, fault, is_reencoded)

    def _document(self, block: bytes, is_cut: bool) -> Iterator[Chunk]:
        """One JSON document over several lines: an object is one record, an array is one for each element."""
        text, is_reencoded = _decoded(block)
        records = None if is_cut else _document_records(text)
        if records is None:
            yield from self._block(block.removesuffix(b"\n"), "truncated_file" if is_cut else None)
            return
        if records:
            self.lines += len(records)
            yield Chunk(1, len(records), "\n".join(records), None, is_reencoded)

    def _rows(self, rows: Iterator[str]) -> Iterator[Chunk]:
        held: list[str] = []
        size = 0
        fault = None
        while True:
            try:
                row = next(rows, None)
            except (_BadEnd, csv.Error, UnreadableRowsError):
                row, fault = None, "truncated_file"
            if row is not None:
                held.append(row)
                size += len(row)
            if held and (row is None or size >= CHUNK_BYTES):
                yield Chunk(self.lines + 1, len(held), "\n".join(held))
                self.lines += len(held)
                held, size = [], 0
            if row is None:
                break
        if fault:
            yield self._fault(fault)


class UnreadableRowsError(Exception):
    """A table file that its reader refuses."""


class _BadEnd(Exception):
    """A compressed file that stops before its end, or whose bytes are not what its checksum says."""


class _Stream(io.RawIOBase):
    """Pieces of bytes as a readable stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "io.Buffer") -> int:  # type: ignore[name-defined, override]
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


def content_kind(path: Path) -> str | None:
    """`json`, `jsonl`, `csv` or `parquet` by the name's end, under `.gz` or `.zst`; None where it is none of these."""
    name = path.name.lower()
    for ending in (".gz", ".zst"):
        name = name.removesuffix(ending)
    suffix = name.rpartition(".")[2]
    return {"json": "json", "jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "parquet": "parquet"}.get(suffix)


def _decoder(suffix: str) -> Decoder | None:
    if suffix == ".gz":
        return zlib_ng.decompressobj(31)
    if suffix == ".zst":
        return zstandard.ZstdDecompressor().decompressobj()
    return None


def _decoded(block: bytes) -> tuple[str, bool]:
    try:
        return block.decode(), False
    except UnicodeDecodeError:
        return block.decode(errors="replace"), True


def _starts_with_a_record(block: bytes) -> bool:
    """Whether the first line is a whole JSON value, so that the file is lines and not one document."""
    first = block.lstrip().partition(b"\n")[0]
    try:
        return isinstance(json.loads(first), dict)
    except ValueError:
        return False


def _document_records(text: str) -> list[str] | None:
    """The records' own text on one line each, digits untouched; None where the text is no JSON document."""
    stripped = text.strip()
    try:
        document = json.loads(stripped)
    except ValueError:
        return None
    if not isinstance(document, list):
        return [stripped.replace("\n", " ")]
    decoder = json.JSONDecoder()
    records: list[str] = []
    position = 1
    for _ in document:
        while stripped[position] in " \t\r\n,":
            position += 1
        _, end = decoder.raw_decode(stripped, position)
        records.append(stripped[position:end].replace("\n", " "))
        position = end
    return records


def _csv_rows(stream: io.TextIOWrapper) -> Iterator[str]:
    for row in csv.DictReader(stream):
        yield json.dumps({name: value for name, value in row.items() if name and value not in ("", None)}, ensure_ascii=False)


def _parquet_rows(path: Path) -> Iterator[str]:
    """Rows as JSON objects whose values are text, so that no number passes through a float."""
    import duckdb

    with connect() as con:
        try:
            rows = con.execute(f"select columns(*)::varchar from read_parquet('{sql_text(path)}')")
            names = [column[0] for column in rows.description or []]
            while batch := rows.fetchmany(10_000):
                for row in batch:
                    yield json.dumps(
                        {name: value for name, value in zip(names, row, strict=True) if value is not None}, ensure_ascii=False
                    )
        except duckdb.Error as error:
            raise UnreadableRowsError(str(error)) from error
