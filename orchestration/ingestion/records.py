"""A landing file becomes numbered records of JSON text, one a line. What the records mean does not belong here.

Lines end at `\\n` alone (U+2028 may stand inside a JSON string). Nothing raises for bad content: what cannot be read becomes a
fault on a line, so that the good lines still land.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orchestration.ingestion.tables import Row, csv_rows, parquet_rows
from orchestration.ingestion.unpacking import PACKINGS, UnpackedFile

CHUNK_BYTES = 4 << 20
LONGEST_LINE_BYTES = 64 << 20
KEPT_BYTES = 64 << 10
"""How much of a line that is too long is kept for quarantine."""
KINDS = {"json": "json", "jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "parquet": "parquet"}


@dataclass(frozen=True)
class Chunk:
    """Consecutive records of a file.

    Attributes:
        first_line: the number of the first one in the file, from 1: its line, or in tables and JSON documents its rank.
        lines: each record's JSON text in UTF-8, and a line end behind each.
        ends: where each ends in `lines`, behind its line end.
        faults: quarantine reasons by line, for those that are no whole text.
    """

    first_line: int
    lines: bytes
    faults: dict[int, str]
    ends: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", np.flatnonzero(np.frombuffer(self.lines, np.uint8) == ord("\n")) + 1)

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.ends)

    @classmethod
    def of_texts(cls, first_line: int, texts: list[str], faults: dict[int, str]) -> "Chunk":
        """A chunk of texts that hold no line end."""
        return cls(first_line, "".join(f"{text}\n" for text in texts).encode(), faults)


class RecordFile:
    """One pass over a file's records; `digest` (sha-256, hex) is right once the pass is over."""

    def __init__(self, path: Path) -> None:
        self._file = UnpackedFile(path)
        self._kind = content_kind(path)

    @property
    def digest(self) -> str:
        """Of the bytes as they lie on disk."""
        return self._file.digest

    @property
    def packed_bytes(self) -> int:
        """How many of them have been read."""
        return self._file.packed_bytes

    def chunks(self) -> Iterator[Chunk]:
        """The records in order, a few megabytes at a time. Raises OSError where the file cannot be opened or read."""
        if self._kind == "csv":
            yield from _row_chunks(csv_rows(self._file))
        elif self._kind == "parquet":
            yield from _row_chunks(parquet_rows(self._file))
        elif self._kind in ("json", "jsonl"):
            yield from _line_chunks(self._file, may_be_document=self._kind == "json")
        else:
            for _ in self._file.raw_pieces():
                pass
            yield Chunk.of_texts(1, [""], {1: "unknown_format"})


def content_kind(path: Path) -> str | None:
    """`json`, `jsonl`, `csv` or `parquet` by the name's end, under `.gz` or `.zst`; None where it is none of these."""
    name = path.name.lower()
    for ending in PACKINGS:
        name = name.removesuffix(ending)
    return KINDS.get(name.rpartition(".")[2])


def _row_chunks(rows: Iterator[Row]) -> Iterator[Chunk]:
    first, size = 1, 0
    texts: list[str] = []
    faults: dict[int, str] = {}
    for text, fault in rows:
        if fault:
            faults[first + len(texts)] = fault
        texts.append(text)
        size += len(text)
        if size >= CHUNK_BYTES:
            yield Chunk.of_texts(first, texts, faults)
            first, size, texts, faults = first + len(texts), 0, [], {}
    if texts:
        yield Chunk.of_texts(first, texts, faults)


def _line_chunks(file: UnpackedFile, *, may_be_document: bool) -> Iterator[Chunk]:
    blocks = _blocks(file)
    if may_be_document:
        start = next(blocks, b"")
        if not _begins_with_a_record(start):
            while len(start) < LONGEST_LINE_BYTES and (block := next(blocks, None)) is not None:
                start += block
            records = None if file.fault else document_records(start)
            if records is not None:
                yield from _row_chunks((record, None) for record in records)
                return
        blocks = _chained(start, blocks)
    yield from _numbered(file, blocks)


def _blocks(file: UnpackedFile) -> Iterator[bytes]:
    """Unpacked bytes, a few megabytes at a time."""
    held: list[bytes] = []
    size = 0
    for piece in file.pieces():
        held.append(piece)
        size += len(piece)
        if size >= CHUNK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if size:
        yield b"".join(held)


def _chained(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others


def _numbered(file: UnpackedFile, blocks: Iterator[bytes]) -> Iterator[Chunk]:
    """Whole lines, numbered; the last one, where no line end follows, is one too, and bears the fault of a file that ends badly."""
    line = 1
    rest = b""
    cut = False
    for block in blocks:
        end = block.rfind(b"\n")
        if end >= 0:
            whole = b"".join((rest, memoryview(block)[: end + 1]))
            chunk = _chunk(line, whole, {line: "line_too_long"} if cut else {})
            yield chunk
            line, rest, cut = line + chunk.count, block[end + 1 :], False
        else:
            rest += block
        if len(rest) > LONGEST_LINE_BYTES:
            rest, cut = rest[:KEPT_BYTES], True
    if rest or file.fault:
        yield _chunk(line, rest + b"\n", {line: file.fault or "line_too_long"} if cut or file.fault else {})


def _chunk(first_line: int, block: bytes, faults: dict[int, str]) -> Chunk:
    """The lines of a block, which ends with a line end; in those that are not UTF-8, U+FFFD stands for the bad bytes."""
    if len(block) <= LONGEST_LINE_BYTES and _is_utf8(block):
        return Chunk(first_line, block, faults)
    lines = block[:-1].split(b"\n")
    found: dict[int, str] = {}
    for number, line in enumerate(lines, first_line):
        if len(line) > LONGEST_LINE_BYTES:
            found[number] = "line_too_long"
        elif not _is_utf8(line):
            found[number] = "invalid_encoding"
    texts = [
        (line if len(line) <= LONGEST_LINE_BYTES else line[:KEPT_BYTES]).decode(errors="replace") for line in lines
    ]
    return Chunk.of_texts(first_line, texts, found | faults)


def _is_utf8(line: bytes) -> bool:
    if line.isascii():
        return True
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _begins_with_a_record(block: bytes) -> bool:
    """Whether the first line is a whole JSON object, so that the file is lines and not one document."""
    try:
        return isinstance(json.loads(block.lstrip().partition(b"\n")[0]), dict)
    except (ValueError, RecursionError):
        return False


def document_records(content: bytes) -> list[str] | None:
    """The own text, on one line each and digits untouched, of the objects of JSON documents that follow one another.

    An array stands for its elements. None where the content is no JSON.
    """
    records: list[str] = []
    decoder = json.JSONDecoder()
    try:
        text = content.decode()
        position = _skip(text, 0, " \t\r\n")
        while position < len(text):
            if text[position] != "[":
                _, end = decoder.raw_decode(text, position)
                records.append(text[position:end])
            else:
                end = _skip(text, position + 1, " \t\r\n")
                while text[end] != "]":
                    _, after = decoder.raw_decode(text, end)
                    records.append(text[end:after])
                    end = _skip(text, after, " \t\r\n")
                    if text[end] == ",":
                        end = _skip(text, end + 1, " \t\r\n")
                end += 1
            position = _skip(text, end, " \t\r\n")
    except (ValueError, RecursionError, IndexError):
        return None
    return [record.replace("\n", " ") for record in records]


def _skip(text: str, position: int, characters: str) -> int:
    while position < len(text) and text[position] in characters:
        position += 1
    return position
