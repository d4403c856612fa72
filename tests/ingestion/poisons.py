"""Hostile input for landing: lines, files and other directory entries that once stopped a run, or could stop one."""

import gzip
import lzma
import os
import random
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import duckdb
import zstandard
from fsspec.implementations.memory import MemoryFileSystem
from judging import verdict
from landing_place import line


def _in(field: str, raw: bytes) -> bytes:
    """A valid line in which the field has this raw JSON as its value."""
    return line(**{"request_id": "poison", field: "@"}).replace(b'"@"', raw)


def _in_verdict(field: str, raw: bytes) -> bytes:
    """A valid verdict in which the field has this raw JSON as its value."""
    return verdict(**{field: "@"}).replace(b'"@"', raw)


DEEP = 100_000
TIMES = {
    "in microseconds": b"1793509800123456",
    "in nanoseconds": b"1793509800123456789",
    "in no known unit": b"179350980012345678901234567890",
    "beyond any double": b"1e400",
    "far in the past": b"-1e30",
    "in words": b'"yesterday"',
    "infinite": b'"infinity"',
    "of the year 290000": b'"+290000-01-01T00:00:00Z"',
    "before the common era": b'"0044-03-15 (BC) 12:00:00"',
    "with day and month ambiguous": b'"01/11/2026 05:10:00"',
    "with an unknown zone name": b'"2026-11-01T05:10:00 Mars/Olympus"',
    "an object": b'{"$date": 1793509800}',
}
NUMBERS = {
    "with underscores": b'"1_0"',
    "in hexadecimal": b'"0x10"',
    "NaN": b"NaN",
    "infinite": b"-Infinity",
    "of ten thousand digits": b"0." + b"1" * 10_000,
    "with a huge exponent": b"1e999999999",
    "of 39 digits": b"9" * 39,
    "of eight digits": b"99999999",
    "beyond 64 bits": b"18446744073709551616",
    "minus zero": b"-0.0",
    "in full width": '"\uff11\uff12"'.encode(),
    "empty": b'""',
    "a list": b"[0.01]",
    "a flag": b"true",
}
TEXTS = {
    "the first half of a surrogate pair": rb"\ud83d",
    "the second half": rb"\ude00",
    "the halves in the wrong order": rb"\ude00\ud83d",
    "NUL": rb"\u0000",
    "other control characters": rb"\u0001\b\t\n\f\r\u001f\u007f",
    "a raw NUL": b"\0",
    "raw control characters": b"\x01\x0b\x1b[31m",
    "a raw tab": b"\t",
    "invalid UTF-8": b"\xe9\xff",
    "an overlong NUL": b"\xc0\x80",
    "a surrogate in UTF-8": b"\xed\xa0\x80",
    "line separators": "\u2028\u2029\u0085".encode(),
    "right-to-left text": "\u202e\u200f".encode(),
    "SQL": b"'; drop table lines; --",
    "a megabyte": b"x" * 1_000_000,
}
LINES: dict[str, bytes] = {
    **{f"{field} {kind}": _in(field, raw) for field in ("requested_at", "completed_at") for kind, raw in TIMES.items()},
    **{f"{field} {kind}": _in(field, raw) for field in ("cost_usd", "input_tokens", "latency_ms") for kind, raw in NUMBERS.items()},
    **{
        f"{field} with {kind}": _in(field, b'"a' + raw + b'z"')
        for field in ("request_id", "account_id", "model", "error_message", "trace_id")
        for kind, raw in TEXTS.items()
    },
    "a key with half a surrogate pair": line(request_id="poison").replace(b'"model"', rb'"\ud83d": 1, "model"'),
    "a key with NUL": line(request_id="poison").replace(b'"model"', rb'"k\u0000": 1, "model"'),
    "an empty key": line(request_id="poison", **{"": 1}),
    "a key given twice": line(request_id="poison").replace(b'"model"', b'"cost_usd": 9, "model"'),
    "ten thousand keys": line(request_id="poison", **{f"k{number}": number for number in range(10_000)}),
    "objects of great depth": line(request_id="poison", meta="@").replace(b'"@"', b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "lists of great depth": line(request_id="poison", prompt="@").replace(b'"@"', b"[" * DEEP + b"]" * DEEP),
    "unclosed nesting": b'{"a":' * DEEP + b"\n",
    "two objects": line(request_id="poison")[:-1] + line(request_id="poison too"),
    "something behind the object": line(request_id="poison")[:-1] + b" # done\n",
    "half an object": line(request_id="poison")[:40] + b"\n",
    "a closing bracket": b"}\n",
    "a list": b"[1, 2]\n",
    "a number": b"42\n",
    "nothing": b"null\n",
    "a text": b'"text"\n',
    "single quotes": b"{'request_id': 'poison'}\n",
    "a web page": b"<html><body>{403}</body></html>\n",
    "NULs": b"\0" * 4096 + b"\n",
    "NULs before the object": b"\0" * 4096 + line(request_id="poison"),
    "a byte order mark": b"\xef\xbb\xbf" + line(request_id="poison"),
    "carriage returns alone": line(request_id="poison")[:-1] + b"\r" + line(request_id="poison")[:-1] + b"\r\n",
    "random bytes": random.Random(7).randbytes(3000).replace(b"\n", b"") + b"\n",
    "blanks": b" \t \r\n",
}  # fmt: skip
"""Hostile log lines. Each is tested between two valid lines."""
VERDICTS: dict[str, bytes] = {
    **{f"{field} {kind}": _in_verdict(field, raw) for field in ("requested_at", "assessed_at") for kind, raw in TIMES.items()},
    **{f"score {kind}": _in_verdict("score", raw) for kind, raw in NUMBERS.items()},
    **{
        f"{field} with {kind}": _in_verdict(field, b'"a' + raw + b'z"')
        for field in ("request_id", "source", "detector", "category", "evidence", "verdict")
        for kind, raw in TEXTS.items()
    },
}  # fmt: skip
"""Hostile verdict lines. Each is tested between two valid verdicts."""


def _parquet(select: str) -> bytes:
    memory = MemoryFileSystem()
    with duckdb.connect() as con:
        con.register_filesystem(memory)
        con.execute(f"copy ({select}) to 'memory://poison.parquet' (format parquet, use_tmp_file false)")
    content: bytes = memory.cat_file("poison.parquet")
    return content


def _zip(content: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("part.jsonl", content)
    return packed.getvalue()


GZIP, LOG = gzip.compress(line() * 200), line() * 200
FILES: dict[str, tuple[str, bytes]] = {
    "a truncated gzip": ("poison.jsonl.gz", GZIP[:-9]),
    "a gzip with a flipped bit": ("poison.jsonl.gz", GZIP[:40] + bytes([GZIP[40] ^ 255]) + GZIP[41:]),
    "a gzip of one byte": ("poison.jsonl.gz", b"\x1f"),
    "a gzip followed by plain lines": ("poison.jsonl.gz", GZIP + LOG),
    "a gzip of an empty file": ("poison.jsonl.gz", gzip.compress(b"")),
    "a gzip in a gzip": ("poison.jsonl.gz", gzip.compress(GZIP)),
    "a truncated zstd": ("poison.jsonl.zst", zstandard.compress(LOG)[:-3]),
    "a zip": ("poison.json", _zip(LOG)),
    "an xz": ("poison.json", lzma.compress(LOG)),
    "UTF-16": ("poison.json", LOG.decode().encode("utf-16")),
    "UTF-32": ("poison.json", LOG.decode().encode("utf-32-le")),
    "Parquet's name alone": ("poison.parquet", b"PAR1"),
    "a Parquet file that is cut": ("poison.parquet", _parquet("select 1 as request_id")[:-20]),
    "a Parquet file of endless times": (
        "poison.parquet", _parquet("select 'r' as request_id, 'infinity'::timestamp as requested_at, 'm' as model"),
    ),
    "a Parquet file of microseconds": (
        "poison.parquet", _parquet("select 'r' as request_id, 1793509800123456 as requested_at, 'm' as model"),
    ),
    "a Parquet file of blobs": ("poison.parquet", _parquet(r"select '\xFF\x00'::blob as request_id, [{'a': '\x00'::blob}] as meta")),
    "a Parquet file of names": ("poison.parquet", _parquet("""select 1 as "a""b", 2 as "A""B", 4 as "x'; select 1; --" """)),
    "a CSV file without end of a quote": ("poison.csv", b'request_id,model\n"r,m\n' * 20),
    "a CSV file of NULs": ("poison.csv", b"request_id,model\n\0,\0\n"),
    "a CSV file of one huge field": ("poison.csv", b"request_id,model\n" + b"x" * 3_000_000 + b",m\n"),
    "a CSV file that is no UTF-8": ("poison.csv", b"request_id,model\n\xff,\xfe\n"),
    "only a header": ("poison.csv", b"request_id,model\n"),
    "a truncated array": ("poison.json", b"[" + LOG.replace(b"\n", b",\n")[:-60]),
    "an array of values of every type": ("poison.json", b'[1, "x", null, [], {}, true, {"a": [1}]'),
    "a deeply nested document": ("poison.json", b'{\n"a":' * 5_000 + b"1" + b"}" * 5_000),
    "only brackets": ("poison.json", b"[" * 100_000),
    "only a quote": ("poison.json", b'{"'),
    "no line end in five megabytes": ("poison.jsonl", b'{"a": "' + b"x" * 5_000_000),
    "an empty file": ("poison.jsonl", b""),
    "a marker": ("_SUCCESS", b""),
    "a program": ("poison.exe", b"MZ\x90\0" + bytes(4000)),
    "an unknown file ending": ("poison.jsonl.1", LOG),
    "an unfinished file": ("poison.jsonl.tmp", LOG[:-50]),
    "a hidden file": (".poison.jsonl", b"{"),
}  # fmt: skip
"""Hostile files, with their contents by name."""

NAMES = [
    "new\nline", "tab\t", "\x1b[31m", "\x7f", "\u3000", "\u00a0", "\u2028", "\u200f\u202e", "👩\u200d💻", "e\u0301", "'", '"', "';--", "%", "%41",
    "*", "?", "[a]", "{date}", "{hour}", "\\", "-rf", "~", " ", "#", "&&", "$(id)", "x" * 200, "\udcff", "\udce9\udc80",
]  # fmt: skip
"""Unusual names of valid files."""


def _sparse(folder: Path) -> None:
    with (folder / "poison.jsonl").open("wb") as file:
        file.truncate(3 << 30)


PLACES: dict[str, Callable[[Path], object]] = {
    "a pipe": lambda folder: os.mkfifo(folder / "poison.jsonl"),
    "a folder with a file's name": lambda folder: (folder / "poison.json").mkdir(),
    "a folder": lambda folder: (folder / "inner" / "deeper").mkdir(parents=True),
    "a link out": lambda folder: (folder / "poison.jsonl").symlink_to("/etc/hostname"),
    "a link to a device": lambda folder: (folder / "poison.jsonl").symlink_to("/dev/zero"),
    "a link to nowhere": lambda folder: (folder / "poison.jsonl").symlink_to("nowhere"),
    "a link in a circle": lambda folder: (folder / "poison.jsonl").symlink_to("poison.jsonl"),
    "a folder in a circle": lambda folder: (folder / "poison.json").symlink_to("."),
    "a giant with holes": _sparse,
}
"""Directory entries that are not regular files or cannot be read."""
