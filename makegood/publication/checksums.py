"""Seals: the digest of a catalog at one snapshot, and a checksum for every block of a file. sealing.py decides when they are taken.

Without them a disk error could change a number unnoticed: neither SQLite nor Parquet files as DuckDB writes them would reveal it.
"""

import hashlib
import zlib
from pathlib import Path

import duckdb

UNSEALED = "ducklake_table_stats"
"""A catalog table with statistics of the newest snapshot only; no query result depends on it."""
FORM = duckdb.__version__
"""The DuckDB version that sealed a catalog, since its text form of values is part of the digest."""
BLOCK = 1 << 16
"""Bytes per checksum. Small blocks let a lookup of one row verify little more than what it reads."""
CHECKSUM = 4
"""Bytes of one checksum."""


def catalog_seal(con: duckdb.DuckDBPyConnection, pinned: str) -> str:
    """The digest of a pinned catalog. For one snapshot it is always the same, whatever is written later and in whatever order the rows are.

    Args:
        con: a connection that has the catalog attached.
        pinned: the name under which it is attached.
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
        # Tables for rows inlined in the catalog are created and dropped by later writes, so an empty one must not count.
        if sums:
            sealed.update(repr((table, *sums)).encode())
    return f"{FORM} {sealed.hexdigest()}"


def is_same(sealed: str, found: str) -> bool:
    """Whether two seals of a catalog agree. If another DuckDB version made the first, they cannot be compared and count as equal."""
    return sealed == found or sealed.split()[0] != FORM


def file_seal(file: Path) -> bytes:
    """The concatenated checksums of a file's blocks."""
    with file.open("rb") as opened:
        blocks = iter(lambda: opened.read(BLOCK), b"")
        return b"".join(_checksum(block) for block in blocks)


def block_count(size: int) -> int:
    """The number of blocks of a file of this size in bytes."""
    return -(-size // BLOCK)


def is_block_whole(seal: bytes, number: int, block: bytes | memoryview) -> bool:
    """Whether a block of a file, counted from 0, matches its checksum."""
    at = number * CHECKSUM
    return seal[at : at + CHECKSUM] == _checksum(block)


def _checksum(block: bytes | memoryview) -> bytes:
    return zlib.crc32(block).to_bytes(CHECKSUM, "big")
