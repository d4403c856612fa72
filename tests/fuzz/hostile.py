"""Hostile bytes, texts and values by the seed, for fuzz tests of any area. The same seed gives the same ones."""

from __future__ import annotations

import gzip
import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[2] / "samples"
SEED = int(os.environ.get("FUZZ_SEED", "1"))
MINUTES = float(os.environ.get("FUZZ_MINUTES", "0"))

TEXTS = [
    "", " ", "\x00", "\x01\x1f\x7f\x85", "\r", "\r\n", "\u2028\u2029", "\ufeffx", "\u202eevil", "\u3000", "\ud800", "a\udcffb", "e\u0301",
    "\U0010ffff", "'", '"', "\\", "';drop table fct_requests;--", "' or 1=1 --", "${x}", "{{ x }}", "%00", "%s%n", "../../etc/passwd",
    "=1+1", "-acme", "'-acme", "@x", "\t=1", "null", "None", "NaN", "1_0", "0x10", "1e400", "-0", "9" * 400, "x" * 20_000, "acme",
    "https://user:pw@host/?access_token=1", "\u0661\u0662", "<script>", "]]>", "\N{ZERO WIDTH SPACE}", "\u0130", "ß",
]  # fmt: skip
NUMBERS: list[Any] = [
    0, -1, 1, 1e-30, 1e308, -1e308, 10**30, 2**63, -(2**63) - 1, 0.1, 1.0199999999999999e-05, True, False, None, "1", "1e3", "NaN", [], {},
    [1], {"a": 1},
]  # fmt: skip


def cases(name: str, count: int) -> Iterator[random.Random]:
    """So many sources of chance, or as many as fit into the minutes that were asked for; a failure's number is in its name."""
    ends, number = time.monotonic() + MINUTES * 60, 0
    while number < count if not MINUTES else time.monotonic() < ends:
        yield random.Random(f"{SEED} {name} {number}")
        number += 1


def text(chance: random.Random) -> str:
    """Any text: of the list, of any characters, or of both."""
    kind = chance.randrange(3)
    if kind == 0:
        return chance.choice(TEXTS)
    planes = [(0, 0x7F), (0x80, 0x7FF), (0x800, 0xFFFF), (0x10000, 0x10FFFF)]
    made = "".join(chr(chance.randint(*chance.choice(planes))) for _ in range(chance.randrange(12)))
    return made if kind == 1 else chance.choice(TEXTS) + made


def printable(chance: random.Random) -> str:
    """Any text that a shell or a browser can send."""
    return text(chance).replace("\x00", "").encode("utf-8", "replace").decode()


def value(chance: random.Random, depth: int = 0) -> Any:
    """Any JSON value."""
    kind = chance.randrange(5 if depth < 3 else 2)
    if kind == 0:
        return chance.choice(NUMBERS)
    if kind in (1, 4):
        return text(chance)
    if kind == 2:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {text(chance): value(chance, depth + 1) for _ in range(chance.randrange(4))}


def sample_lines() -> list[bytes]:
    """Genuine records."""
    with gzip.open(SAMPLES / "litellm" / "sdk_payloads.jsonl.gz") as opened:
        return opened.read().splitlines()


def spoiled_bytes(chance: random.Random, data: bytes) -> bytes:
    """The bytes after a few accidents."""
    made = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        start = chance.randrange(len(made) + 1)
        end = min(len(made), start + chance.choice([1, 1, 4, 64, 4_096]))
        kind = chance.randrange(5)
        if kind == 0 and start < len(made):
            made[start] ^= 1 << chance.randrange(8)
        elif kind == 1:
            made[start:start] = chance.randbytes(chance.choice([1, 8, 300]))
        elif kind == 2:
            del made[start:end]
        elif kind == 3:
            made[start:start] = made[start:end]
        else:
            made[start:start] = chance.choice(
                [
                    b"\x00",
                    b"\n",
                    b"\r",
                    b"\xff\xfe",
                    b"\xef\xbb\xbf",
                    b"\x1f\x8b",
                    b'"',
                    b"{",
                    b"}",
                    b"\\u0000",
                    b"\\ud800",
                    b"\xed\xa0\x80",
                ]
            )
    return bytes(made)


def spoiled_record(chance: random.Random, record: Any) -> Any:
    """The record with a few of its fields, at any depth, replaced, left out or added."""
    if isinstance(record, dict):
        made = {
            name: value(chance) if chance.random() < 0.05 else spoiled_record(chance, inner)
            for name, inner in record.items()
            if chance.random() > 0.02
        }
        if chance.random() < 0.05:
            made[text(chance)] = value(chance)
        return made
    if isinstance(record, list):
        return [spoiled_record(chance, inner) for inner in record]
    return value(chance) if chance.random() < 0.02 else record


def json_line(record: Any) -> bytes:
    """The record as a gateway might write it; half surrogates stay, as escapes."""
    return json.dumps(record).encode() + b"\n"
