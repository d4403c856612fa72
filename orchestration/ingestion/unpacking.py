"""A landing file's bytes, unpacked, and their digest. Where a line ends does not belong here.

Nothing raises for bad content: a file that is cut off or damaged gives all that comes before, and then names its fault.
"""

import hashlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Protocol, cast

import zstandard
from zlib_ng import zlib_ng

READ_BYTES = 1 << 16
"""Packed a thousandfold, a piece is still no more than 64 MiB."""
PACKINGS = (".gz", ".zst")
DAMAGES = cast(tuple[type[Exception], ...], (zlib_ng.error, zstandard.ZstdError))
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Decoder(Protocol):
    """What zlib's and zstandard's decompression objects share."""

    @property
    def eof(self) -> bool:
        """Whether the end of the frame has come."""

    @property
    def unused_data(self) -> bytes:
        """What was given beyond that end."""

    def decompress(self, data: bytes, /) -> bytes:
        """Decompress what `data` completes."""


class UnpackedFile:
    """One pass over a file.

    Attributes:
        digest: sha-256 of the bytes as they lie on disk, in hex; whole once the pass is over.
        packed_bytes: how many of these have been read.
        fault: `truncated_file` or `corrupt_file` where the pass ended badly.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.packed_bytes = 0
        self.fault: str | None = None
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """Of what has been read so far."""
        return self._hash.hexdigest()

    def raw_pieces(self) -> Iterator[bytes]:
        """The bytes as they lie on disk. Raises OSError where they cannot be read."""
        with self.path.open("rb") as stream:
            while piece := stream.read(READ_BYTES):
                self._hash.update(piece)
                self.packed_bytes += len(piece)
                yield piece

    def pieces(self) -> Iterator[bytes]:
        """The unpacked bytes, without a byte order mark. Raises OSError where they cannot be read."""
        start = b""
        unpacked = self._unpacked()
        for piece in unpacked:
            start += piece
            if len(start) >= len(BYTE_ORDER_MARK):
                break
        yield start.removeprefix(BYTE_ORDER_MARK)
        yield from unpacked

    def _unpacked(self) -> Iterator[bytes]:
        if self.path.suffix.lower() not in PACKINGS:
            yield from self.raw_pieces()
            return
        given = good = 0
        raw = self.raw_pieces()
        unpacking = _Unpacking(self.path)
        try:
            for piece in raw:
                for unpacked in unpacking.feed(piece):
                    given += len(unpacked)
                    yield unpacked
                good += 1
        except _DamagedError:
            for _ in raw:
                pass
            self.fault = "corrupt_file"
            yield from _salvaged(self.path, good, given)
            return
        if not unpacking.is_complete:
            self.fault = "truncated_file"


class _DamagedError(Exception):
    """Packed bytes that are not what their format or their checksum says."""


class _Unpacking:
    """Frames of gzip or zstd, one after the other; zeros after the last one are padding."""

    def __init__(self, path: Path) -> None:
        self._suffix = path.suffix.lower()
        self._decoder = self._fresh()
        self.is_complete = False

    def _fresh(self) -> Decoder:
        if self._suffix == ".gz":
            return zlib_ng.decompressobj(31)
        return zstandard.ZstdDecompressor().decompressobj()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """What `piece` completes. Raises _DamagedError."""
        while piece:
            if self.is_complete:
                piece = piece.lstrip(b"\0")
                if not piece:
                    return
                self._decoder = self._fresh()
            try:
                unpacked = self._decoder.decompress(piece)
            except DAMAGES as error:
                raise _DamagedError from error
            self.is_complete = self._decoder.eof
            piece = self._decoder.unused_data if self.is_complete else b""
            yield unpacked


def _salvaged(path: Path, good: int, given: int) -> Iterator[bytes]:
    """What the piece after the `good` ones holds before its damage, as a failed decoder keeps what it had ready.

    The first `given` unpacked bytes are left out.
    """
    unpacking = _Unpacking(path)
    seen = 0
    with path.open("rb") as stream:
        pieces = chain(
            (stream.read(READ_BYTES) for _ in range(good)),
            (bytes([byte]) for byte in stream.read(READ_BYTES)),
        )
        try:
            for piece in pieces:
                for unpacked in unpacking.feed(piece):
                    seen += len(unpacked)
                    if seen > given:
                        yield unpacked[given - seen :]
                        given = seen
        except _DamagedError:
            return
