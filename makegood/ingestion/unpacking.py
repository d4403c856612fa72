"""Reads a landing file's unpacked bytes, and computes its digest. records.py splits the bytes into lines.

The compression is detected from the first bytes, not from the file's name. Bad content never raises: a truncated or damaged file yields
all that precedes the damage, and then reports its fault.
"""

import hashlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Protocol, cast

import zstandard
from zlib_ng import zlib_ng

READ_BYTES = 1 << 16
"""How much is read at once. Even if gzip compressed it a thousandfold, it unpacks to no more than 64 MiB."""
FED_BYTES = {"gzip": READ_BYTES, "zstd": 1 << 11}
"""How many packed bytes are decompressed at once: zstd can compress more than thirty-thousandfold."""
PACKINGS = (".gz", ".zst")
MAGIC_BYTES = 4
START_BYTES = 512
MOST_BYTES = 64 << 30
"""The size limit of a file, both packed and unpacked; no hour's log is larger."""
BOMB_BYTES = 1 << 30
BOMB_RATIO = 500
"""Above BOMB_BYTES no log compresses this well: the file is taken for a decompression bomb."""
DAMAGES = cast(tuple[type[Exception], ...], (zlib_ng.error, zstandard.ZstdError))
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Decoder(Protocol):
    """The common interface of zlib's and zstandard's decompression objects."""

    @property
    def eof(self) -> bool:
        """Whether the end of the frame was reached."""

    @property
    def unused_data(self) -> bytes:
        """The input after that end."""

    def decompress(self, data: bytes, /) -> bytes:
        """Return the output that `data` completes."""


def packing_of(start: bytes) -> str | None:
    """`gzip` or `zstd`, by the first bytes; None if it is neither."""
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if start.startswith(b"\x28\xb5\x2f\xfd") else None


class UnpackedFile:
    """One pass over a file.

    Attributes:
        digest: SHA-256 of the file's bytes on disk, in hex; complete once the pass is over.
        packed_bytes: how many of these have been read.
        is_packed: whether they are compressed; known once the pass has begun.
        fault: `truncated_file`, `corrupt_file` or `too_large` if the pass ended with a fault.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.packed_bytes = 0
        self.is_packed = False
        self.fault: str | None = None
        self._hash = hashlib.sha256()
        self._unread = self._unpacked()
        self._start: list[bytes] = []

    @property
    def digest(self) -> str:
        """The digest of what has been read so far."""
        return self._hash.hexdigest()

    def start(self) -> bytes:
        """The first START_BYTES unpacked bytes, or fewer if the file is shorter, without consuming them."""
        while sum(map(len, self._start)) < START_BYTES and (piece := next(self._unread, None)) is not None:
            self._start.append(piece)
        return b"".join(self._start)

    def pieces(self) -> Iterator[bytes]:
        """The unpacked bytes, without a byte order mark. Raises OSError if they cannot be read."""
        yield self.start().removeprefix(BYTE_ORDER_MARK)
        yield from self._unread

    def read_over(self) -> None:
        """Read to the end, to complete the digest."""
        for _ in self._unread:
            pass

    def _raw_pieces(self) -> Iterator[bytes]:
        with self.path.open("rb") as stream:
            while piece := stream.read(READ_BYTES):
                self._hash.update(piece)
                self.packed_bytes += len(piece)
                yield piece

    def _unpacked(self) -> Iterator[bytes]:
        raw = self._raw_pieces()
        first = next(raw, b"")
        self.is_packed = packing_of(first) is not None
        if not self.is_packed:
            if not first and self.path.suffix.lower() in PACKINGS:
                self.fault = "truncated_file"
            yield first
            yield from raw
            return
        given = good = 0
        unpacking = _Unpacking()
        try:
            for piece in chain((first,), raw):
                for unpacked in unpacking.feed(piece):
                    given += len(unpacked)
                    yield unpacked
                    if given > MOST_BYTES or given > max(BOMB_BYTES, BOMB_RATIO * self.packed_bytes):
                        self.fault = "too_large"
                        break
                if self.fault:
                    break
                good += 1
        except _DamagedError:
            self.fault = "corrupt_file"
        for _ in raw:
            pass
        if self.fault == "corrupt_file":
            yield from _salvaged(self.path, good, given)
        elif self.fault is None and not unpacking.is_complete:
            self.fault = "truncated_file"


class _DamagedError(Exception):
    """Compressed data that violates its format or does not match its checksum."""


class _Unpacking:
    """Unpacks consecutive gzip or zstd frames; zeros after the last one are padding."""

    def __init__(self) -> None:
        self._decoder: Decoder | None = None
        self._fed_bytes = READ_BYTES
        self._between = b""

    @property
    def is_complete(self) -> bool:
        """Whether the last frame has ended, and nothing has followed it."""
        return self._decoder is None and not self._between

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the output that `piece` completes. Raises _DamagedError."""
        while piece:
            if self._decoder is None:
                piece = (self._between + piece).lstrip(b"\0")
                if len(piece) < MAGIC_BYTES:
                    self._between = piece
                    return
                self._between = b""
                self._begin(piece)
            now, later = piece[: self._fed_bytes], piece[self._fed_bytes :]
            decoder = cast(Decoder, self._decoder)
            try:
                unpacked = decoder.decompress(now)
            except DAMAGES as error:
                raise _DamagedError from error
            piece = later
            if decoder.eof:
                piece = decoder.unused_data + later
                self._decoder = None
            yield unpacked

    def _begin(self, start: bytes) -> None:
        packing = packing_of(start)
        if packing is None:
            raise _DamagedError
        self._fed_bytes = FED_BYTES[packing]
        self._decoder = zlib_ng.decompressobj(31) if packing == "gzip" else zstandard.ZstdDecompressor().decompressobj()


def _salvaged(path: Path, good: int, given: int) -> Iterator[bytes]:
    """The content of the piece after the `good` ones up to its damage, fed byte by byte, since a failing decoder withholds finished output.

    The first `given` unpacked bytes are skipped.
    """
    unpacking = _Unpacking()
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
