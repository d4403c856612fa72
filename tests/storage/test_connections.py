"""Every connection loads only Makegood's signed DuckDB extensions."""

from pathlib import Path

import duckdb
import pytest

from makegood.storage.connections import connect, extension_file


def test_an_altered_extension_is_refused_by_every_connection(tmp_path: Path) -> None:
    content = bytearray(extension_file("ducklake").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "ducklake.duckdb_extension").write_bytes(content)
    for _ in range(2):
        with connect(extensions=("sqlite_scanner",)) as con:
            with pytest.raises(duckdb.IOException, match="signature"):
                con.execute(f"load '{tmp_path}/ducklake.duckdb_extension'")
            with pytest.raises(duckdb.InvalidInputException):
                con.execute("set allow_unsigned_extensions = true")
