"""Replaces characters in raw lines that stored text must not contain, so that they never cost a whole record.

Unpaired surrogates and bytes that are not UTF-8 become U+FFFD. Control characters become the Unicode control pictures (U+2400 for NUL), a
different one for each, so that different names stay different. Unescaped tabs and carriage returns become spaces.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ESCAPES = re.compile(
    rb"\\u(?:(?P<control>00(?:0[0-7bBeEfF]|1[0-9a-fA-F]|7[fF]))"
    rb"|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class CleanLines:
    """Lines without characters that stored text must not contain.

    Attributes:
        lines: the lines, each with its line end.
        ends: the offset in `lines` where each one ends.
        replaced: numbers, from 0, of the lines in which something was replaced.
        undecodable: numbers of the lines that were not UTF-8.
    """

    lines: bytes
    ends: NDArray[np.intp]
    replaced: frozenset[int]
    undecodable: frozenset[int]


def clean(lines: bytes) -> CleanLines:
    """Clean the lines. Most logs contain nothing to replace; they cost only a few scans at memory speed."""
    replaced: set[int] = set()
    undecodable: frozenset[int] = frozenset()
    if not is_utf8(lines):
        lines, undecodable = _decoded(lines)
    codes = np.frombuffer(lines, np.uint8)
    ends = np.flatnonzero(codes == ord("\n")) + 1
    if np.count_nonzero(codes < ord(" ")) > len(ends) or b"\x7f" in lines:
        lines, ends = _without_controls(lines.replace(b"\t", b" ").replace(b"\r", b" "), ends, replaced)
    if b"\\" in lines:
        lines = _without_escapes(lines, ends, replaced)
    return CleanLines(lines, ends, frozenset(replaced) | undecodable, undecodable)


def is_utf8(text: bytes) -> bool:
    """Whether the bytes are UTF-8."""
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decoded(lines: bytes) -> tuple[bytes, frozenset[int]]:
    whole = lines[:-1].split(b"\n")
    bad = frozenset(rank for rank, line in enumerate(whole) if not is_utf8(line))
    for rank in bad:
        whole[rank] = whole[rank].decode(errors="replace").encode()
    return b"\n".join(whole) + b"\n", bad


def _without_controls(lines: bytes, ends: NDArray[np.intp], replaced: set[int]) -> tuple[bytes, NDArray[np.intp]]:
    if not CONTROLS.search(lines):
        return lines, ends
    whole = lines[:-1].split(b"\n")
    for rank, line in enumerate(whole):
        if CONTROLS.search(line):
            # A log that was truncated while it was being written starts with NULs in place of what is gone.
            whole[rank] = CONTROLS.sub(_picture, line.lstrip(b"\0"))
            replaced.add(rank)
    lines = b"\n".join(whole) + b"\n"
    return lines, np.flatnonzero(np.frombuffer(lines, np.uint8) == ord("\n")) + 1


def _picture(control: re.Match[bytes]) -> bytes:
    code = control[0][0]
    return chr(0x2421 if code == 0x7F else 0x2400 + code).encode()


def _without_escapes(lines: bytes, ends: NDArray[np.intp], replaced: set[int]) -> bytes:
    """Replace such characters also if they are written as JSON escapes; the replacements have the same length."""

    def mended(escape: re.Match[bytes]) -> bytes:
        at = escape.start()
        before = at
        while before and lines[before - 1] == ord("\\"):
            before -= 1
        if (at - before) % 2 or escape.lastgroup is None:
            return escape[0]
        replaced.add(int(np.searchsorted(ends, at, side="right")))
        if escape["half"]:
            return rb"\ufffd"
        return rb"\u2421" if escape["control"].lower() == b"007f" else b"\\u24" + escape["control"][2:]

    return ESCAPES.sub(mended, lines)
