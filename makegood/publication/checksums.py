"""Seals: the digest of what a catalog says of one snapshot, and a checksum of every block of a file. When they are taken is sealing.py's.

A disk that loses a bit would otherwise change a number unseen: neither SQLite nor Parquet, as DuckDB writes it, would tell.
"""

import hashlib
import zlib
from pathlib import Path

import duckdb

UNSEALED = "ducklake_table_stats"
"""What the catalog keeps of a table at its newest snapshot alone; no answer comes from it."""
FORM = duckdb.__version__
"""By what the rows of a catalog are written when they are sealed."""
BLOCK = 1 << 16
"""Bytes under one checksum: a look for one row proves little more than it reads."""
CHECKSUM = 4
"""Bytes of one checksum."""


def catalog_seal(con: duckdb.DuckDBPyConnection, pinned: str) -> str:
    """The digest of a pinned catalog: the same for the same snapshot, whatever is written after it; the order of rows does not count.

    Args:
        con: a connection that has the catalog attached.
        pinned: under which name.
    """
    tables = con.execute(
        "select table_name from duckdb_tables() where database_name = ? and table_name <> ? order by table_name",
        [pinned, UNSEALED],
    ).fetchall()
    sealed = hashlib.sha256()
    for (table,) in tables:
        sums = con.execute(
            f'select count(*), bit_xor(md5_number(held::varchar)) from {pinned}."{table}" as held having count(*) > 0'
        ).fetchone()
        # Of rows that lie in the catalog, a table without any comes and goes with what is written later.
        if sums:
            sealed.update(repr((table, *sums)).encode())
    return f"{FORM} {sealed.hexdigest()}"


def is_same(sealed: str, found: str) -> bool:
    """Whether a catalog says what it said; of one that another DuckDB sealed, which may write values in another way, nobody can tell."""
    return sealed == found or sealed.split()[0] != FORM


def file_seal(file: Path) -> bytes:
    """The checksums of a file's blocks, one after the other."""
    with file.open("rb") as opened:
        blocks = iter(lambda: opened.read(BLOCK), b"")
        return b"".join(_checksum(block) for block in blocks)


def block_count(size: int) -> int:
    """How many blocks a file of so many bytes has."""
    return -(-size // BLOCK)


def is_block_whole(seal: bytes, number: int, block: bytes | memoryview) -> bool:
    """Whether a block of a file, counted from 0, is the one that was sealed."""
    at = number * CHECKSUM
    return seal[at : at + CHECKSUM] == _checksum(block)


def _checksum(block: bytes | memoryview) -> bytes:
    return zlib.crc32(block).to_bytes(CHECKSUM, "big")
