"""Generators of hostile bytes, texts, values and records for the fuzz tests. The same seed gives the same data."""

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

HOSTILE_TEXTS = [
    "", " ", "\x00", "\x01\x1f\x7f\x85", "\r", "\r\n", "\u2028\u2029", "\ufeffx", "\u202eevil", "\u3000", "\ud800", "a\udcffb", "e\u0301",
    "\U0010ffff", "'", '"', "\\", "';drop table fct_requests;--", "' or 1=1 --", "${x}", "{{ x }}", "%00", "%s%n", "../../etc/passwd",
    "=1+1", "-acme", "'-acme", "@x", "\t=1", "null", "None", "NaN", "1_0", "0x10", "1e400", "-0", "9" * 400, "x" * 20_000, "acme",
    "https://user:pw@host/?access_token=1", "\u0661\u0662", "<script>", "]]>", "\N{ZERO WIDTH SPACE}", "\u0130", "ß",
]  # fmt: skip
HOSTILE_VALUES: list[Any] = [
    0, -1, 1, 1e-30, 1e308, -1e308, 10**30, 2**63, -(2**63) - 1, 0.1, 1.0199999999999999e-05, True, False, None, "1", "1e3", "NaN", [], {},
    [1], {"a": 1},
]  # fmt: skip


def cases(name: str, count: int) -> Iterator[random.Random]:
    """`count` random generators, or as many as are used up within FUZZ_MINUTES if that is set.

    The seed, the name and the number of the case determine each generator, so a failing case can be repeated.
    """
    ends, number = time.monotonic() + MINUTES * 60, 0
    while number < count if not MINUTES else time.monotonic() < ends:
        yield random.Random(f"{SEED} {name} {number}")
        number += 1


def text(rng: random.Random) -> str:
    """A hostile text, a text of arbitrary characters, or both joined."""
    kind = rng.randrange(3)
    if kind == 0:
        return rng.choice(HOSTILE_TEXTS)
    planes = [(0, 0x7F), (0x80, 0x7FF), (0x800, 0xFFFF), (0x10000, 0x10FFFF)]
    generated = "".join(chr(rng.randint(*rng.choice(planes))) for _ in range(rng.randrange(12)))
    return generated if kind == 1 else rng.choice(HOSTILE_TEXTS) + generated


def printable(rng: random.Random) -> str:
    """A text as `text` makes it, without what a shell or a browser cannot send (NUL and unpaired surrogates)."""
    return text(rng).replace("\x00", "").encode("utf-8", "replace").decode()


def value(rng: random.Random, depth: int = 0) -> Any:
    """An arbitrary JSON value."""
    kind = rng.randrange(5 if depth < 3 else 2)
    if kind == 0:
        return rng.choice(HOSTILE_VALUES)
    if kind in (1, 4):
        return text(rng)
    if kind == 2:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {text(rng): value(rng, depth + 1) for _ in range(rng.randrange(4))}


def sample_lines() -> list[bytes]:
    """Lines of genuine LiteLLM records."""
    with gzip.open(SAMPLES / "litellm" / "sdk_payloads.jsonl.gz") as stream:
        return stream.read().splitlines()


def damaged_bytes(rng: random.Random, data: bytes) -> bytes:
    """The bytes with one to five random changes: flipped bits, insertions, deletions and repetitions."""
    generated = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        start = rng.randrange(len(generated) + 1)
        end = min(len(generated), start + rng.choice([1, 1, 4, 64, 4_096]))
        kind = rng.randrange(5)
        if kind == 0 and start < len(generated):
            generated[start] ^= 1 << rng.randrange(8)
        elif kind == 1:
            generated[start:start] = rng.randbytes(rng.choice([1, 8, 300]))
        elif kind == 2:
            del generated[start:end]
        elif kind == 3:
            generated[start:start] = generated[start:end]
        else:
            generated[start:start] = rng.choice(
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
    return bytes(generated)


def mutated_record(rng: random.Random, record: Any) -> Any:
    """The record with some of its fields, at any depth, replaced, left out or added."""
    if isinstance(record, dict):
        generated = {
            name: value(rng) if rng.random() < 0.05 else mutated_record(rng, inner)
            for name, inner in record.items()
            if rng.random() > 0.02
        }
        if rng.random() < 0.05:
            generated[text(rng)] = value(rng)
        return generated
    if isinstance(record, list):
        return [mutated_record(rng, inner) for inner in record]
    return value(rng) if rng.random() < 0.02 else record


def json_line(record: Any) -> bytes:
    """The line of a record as a gateway might write it. Unpaired surrogates are kept as escapes."""
    return json.dumps(record).encode() + b"\n"
