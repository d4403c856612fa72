"""Cuts a text into the JSON documents that follow one another in it. Their own text is kept, digits and all; what they mean is the adapters'."""

import re

BLANKS = b"\0 \t\r\n"
BLANK_BYTES = {bytes([code]) for code in BLANKS}
TOKEN = re.compile(rb'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|[\[\]{}]')
ELEMENT = re.compile(rb'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|[^\[\]{}",\s]+')


def end_of_value(content: bytes, start: int) -> int | None:
    """Behind the bracket that closes the one at `start`, however deep it lies in between; None where none does."""
    depth = 0
    for token in TOKEN.finditer(content, start):
        if token[0] in b"{[":
            depth += 1
        elif token[0] in b"}]":
            depth -= 1
            if depth == 0:
                return token.end()
    return None


def document_records(content: bytes) -> tuple[list[bytes], bytes]:
    """The own text, on one line each and digits untouched, of the objects of JSON documents that follow one another; and what is left
    where the content breaks off or is no JSON.

    An array stands for its elements.
    """
    records: list[bytes] = []
    position, is_inside = 0, False
    while True:
        position = _skipped(content, position)
        mark = content[position : position + 1]
        if not mark and not is_inside:
            return [record.replace(b"\n", b" ") for record in records], b""
        if is_inside and mark in (b",", b"]") and mark:
            position, is_inside = position + 1, mark == b","
            continue
        if not is_inside and mark == b"[":
            position, is_inside = position + 1, True
            continue
        element = ELEMENT.match(content, position)
        end = end_of_value(content, position) if mark in (b"{", b"[") else element.end() if element else None
        if end is None or not mark:
            return [record.replace(b"\n", b" ") for record in records], content[position:]
        records.append(content[position:end])
        position = end


def _skipped(content: bytes, position: int) -> int:
    while content[position : position + 1] in BLANK_BYTES:
        position += 1
    return position
