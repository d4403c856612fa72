"""A landing file becomes numbered records of JSON text, one a line. What the records mean does not belong here.

Lines end at `\\n` alone (U+2028 may stand inside a JSON string). Nothing raises for bad content: what cannot be read becomes a
fault on a line, so that the good lines still land. What a file holds is told by its first bytes; its name only helps where they could
be several things.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from makegood.ingestion.characters import clean
from makegood.ingestion.json_documents import BLANKS, document_records, end_of_value
from makegood.ingestion.tabular_files import Row, csv_rows, parquet_rows
from makegood.ingestion.unpacking import PACKINGS, UnpackedFile, packing_of

CHUNK_BYTES = 4 << 20
LONGEST_LINE_BYTES = 64 << 20
LONGEST_DOCUMENT_BYTES = 256 << 20
KEPT_BYTES = 64 << 10
"""How much of a line that is too long is kept for quarantine."""
KINDS = {"json": "json", "jsonl": "json", "ndjson": "json", "csv": "csv", "parquet": "parquet"}
FOREIGN = (
    b"PK\x03\x04", b"BZh", b"\xfd7zXZ\0", b"\x04\x22\x4d\x18", b"7z\xbc\xaf", b"SQLite format 3\0", b"ORC", b"Obj\x01", b"ARROW1",
    b"%PDF", b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{", b"[\0", b"\0[",
)  # fmt: skip
"""How files begin that hold logs in a form that is not read: archives, other packings and tables, UTF-16."""
RECORD_LINE = re.compile(rb"(?:^|\n)[\0 \t\r]*[{\[]")


@dataclass(frozen=True)
class Chunk:
    """Consecutive records of a file.

    Attributes:
        first_line: the number of the first one in the file, from 1: its line, or in tables and JSON documents its rank.
        lines: each record's JSON text in UTF-8, and a line end behind each.
        ends: where each ends in `lines`, behind its line end.
        faults: quarantine reasons by line, for those that are no whole text.
        replaced: the lines in which characters were replaced that no text may hold.
        undecodable: those of them that were not UTF-8.
    """

    first_line: int
    lines: bytes
    ends: NDArray[np.intp]
    faults: dict[int, str] = field(default_factory=dict)
    replaced: frozenset[int] = frozenset()
    undecodable: frozenset[int] = frozenset()

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.ends)

    @classmethod
    def of_lines(cls, first_line: int, lines: bytes, faults: dict[int, str]) -> "Chunk":
        """A chunk of whole lines, cleaned."""
        cleaned = clean(lines)
        return cls(
            first_line,
            cleaned.lines,
            cleaned.ends,
            faults,
            frozenset(first_line + rank for rank in cleaned.replaced),
            frozenset(first_line + rank for rank in cleaned.undecodable),
        )

    @classmethod
    def of_texts(cls, first_line: int, texts: Iterable[bytes], faults: dict[int, str]) -> "Chunk":
        """A chunk of texts that hold no line end."""
        return cls.of_lines(first_line, b"".join(text + b"\n" for text in texts), faults)

    def with_faults(self, faults: dict[int, str]) -> "Chunk":
        """The same records, with these faults besides."""
        last = self.first_line + self.count
        return replace(
            self, faults=self.faults | {n: fault for n, fault in faults.items() if self.first_line <= n < last}
        )

    def part(self, start: int, end: int) -> "Chunk":
        """The records from rank `start` up to and not including rank `end`."""
        begins = int(self.ends[start - 1]) if start else 0
        return replace(
            self,
            first_line=self.first_line + start,
            lines=self.lines[begins : int(self.ends[end - 1])],
            ends=self.ends[start:end] - begins,
        )


class RecordFile:
    """One pass over a file's records; `digest` (sha-256, hex) is right once the pass is over."""

    def __init__(self, path: Path) -> None:
        self._file = UnpackedFile(path)
        self._kind = content_kind(path.name)

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
        file, start = self._file, self._file.start()
        if not start and not file.fault and self._kind != "parquet":
            return
        if start.startswith(b"PAR1"):
            yield from _row_chunks(parquet_rows(file))
        elif _is_foreign(start):
            yield _one_fault(file, "unknown_format")
        elif self._kind == "csv" and not start.lstrip(BLANKS + b"\xef\xbb\xbf").startswith((b"{", b"[")):
            yield from _row_chunks(csv_rows(file))
        else:
            yield from _line_chunks(file, "corrupt_file" if self._kind == "parquet" else "unknown_format")


def content_kind(name: str) -> str | None:
    """`json`, `csv` or `parquet` by the name's end, under `.gz` or `.zst`; None where it is none of these."""
    name = name.lower()
    for ending in PACKINGS:
        name = name.removesuffix(ending)
    return KINDS.get(name.rpartition(".")[2])


def _is_foreign(start: bytes) -> bool:
    is_tar = start[257:262] == b"ustar"
    return is_tar or packing_of(start) is not None or start.startswith(FOREIGN)


def _one_fault(file: UnpackedFile, fault: str) -> Chunk:
    """One record, without text, that stands for a whole file."""
    file.read_over()
    return Chunk.of_texts(1, [b""], {1: file.fault or fault})


def _row_chunks(rows: Iterator[Row]) -> Iterator[Chunk]:
    first, size = 1, 0
    texts: list[bytes] = []
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


def _line_chunks(file: UnpackedFile, fault: str) -> Iterator[Chunk]:
    """Lines, or the records of JSON documents; one record with the fault where there is nothing that looks like JSON."""
    blocks = _blocks(file)
    start = next(blocks, b"")
    if start.strip(BLANKS) and not RECORD_LINE.search(start):
        yield _one_fault(file, fault)
        return
    if not _begins_with_a_record(start):
        while len(start) < LONGEST_DOCUMENT_BYTES and (block := next(blocks, None)) is not None:
            start += block
        is_whole = next(blocks, None) is None
        rows = _document_rows(file, start) if is_whole else [(b"", "line_too_long")]
        if rows is not None:
            file.read_over()
            yield from _row_chunks(iter(rows))
            return
    yield from _numbered(file, _chained(start, blocks))


def _document_rows(file: UnpackedFile, content: bytes) -> list[Row] | None:
    """The records of documents that follow one another; None where the content is lines of which the first is broken."""
    records, rest = document_records(content)
    is_array = content.lstrip(BLANKS).startswith(b"[")
    if rest and not is_array and any(_is_record(line) for line in content.split(b"\n")):
        return None
    rows: list[Row] = [(record, None) for record in records]
    if rest or file.fault:
        rows.append((rest[:KEPT_BYTES].replace(b"\n", b" "), file.fault or "malformed_json"))
    return rows


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
            whole = b"".join((rest, memoryview(block)[block.find(b"\n") if cut else 0 : end + 1]))
            chunk = _chunk(line, whole, {line: "line_too_long"} if cut else {})
            yield chunk
            line, rest, cut = line + chunk.count, block[end + 1 :], False
        elif not cut:
            rest += block
        if len(rest) > LONGEST_LINE_BYTES:
            rest, cut = rest[:KEPT_BYTES], True
    if rest or file.fault:
        yield _chunk(line, rest + b"\n", {line: file.fault or "line_too_long"} if cut or file.fault else {})


def _chunk(first_line: int, block: bytes, faults: dict[int, str]) -> Chunk:
    """The lines of a block, which ends with a line end."""
    if len(block) <= LONGEST_LINE_BYTES:
        return Chunk.of_lines(first_line, block, faults)
    lines = block[:-1].split(b"\n")
    found = {number: "line_too_long" for number, line in enumerate(lines, first_line) if len(line) > LONGEST_LINE_BYTES}
    texts = (line if len(line) <= LONGEST_LINE_BYTES else line[:KEPT_BYTES] for line in lines)
    return Chunk.of_texts(first_line, texts, found | faults)


def _begins_with_a_record(block: bytes) -> bool:
    """Whether the first line is a whole JSON object, so that the file is lines and not one document."""
    return _is_record(block.lstrip(BLANKS).partition(b"\n")[0])


def _is_record(line: bytes) -> bool:
    line = line.strip(BLANKS)
    return line.startswith(b"{") and line.endswith(b"}") and end_of_value(line, 0) == len(line)
