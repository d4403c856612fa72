"""Builds landing files as gateways write them: compression formats, and the bytes of Parquet and CSV files."""

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path

import duckdb
import zstandard

Pack = Callable[[bytes], bytes]
PACKINGS: dict[str, Pack] = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


def parquet(tmp_path: Path, select: str) -> bytes:
    file = tmp_path / "written.parquet"
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"copy ({select}) to '{file}' (format parquet)")
    return file.read_bytes()


def csv_text(*rows: dict[str, object]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
