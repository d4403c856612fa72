"""A landing file's bytes, unpacked, and their digest. Where a line ends does not belong here.

What a file is packed with is told by its first bytes, whatever its name says. Nothing raises for bad content: a file that is cut off or
damaged gives all that comes before, and then names its fault.
"""

import hashlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Protocol, cast

import zstandard
from zlib_ng import zlib_ng

READ_BYTES = 1 << 16
"""Packed a thousandfold, as gzip can, a piece is still no more than 64 MiB."""
FED_BYTES = {"gzip": READ_BYTES, "zstd": 1 << 11}
"""How much is unpacked at once: zstd can pack more than thirty-thousandfold."""
PACKINGS = (".gz", ".zst")
MAGIC_BYTES = 4
START_BYTES = 512
MOST_BYTES = 64 << 30
"""No hour's log is longer, as it is or unpacked."""
BOMB_BYTES = 1 << 30
BOMB_RATIO = 500
"""Above BOMB_BYTES no log is packed so well; what is, is there to fill memory and disks."""
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


def packing_of(start: bytes) -> str | None:
    """`gzip` or `zstd`, by the first bytes; None where it is neither."""
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if start.startswith(b"\x28\xb5\x2f\xfd") else None


class UnpackedFile:
    """One pass over a file.

    Attributes:
        digest: sha-256 of the bytes as they lie on disk, in hex; whole once the pass is over.
        packed_bytes: how many of these have been read.
        is_packed: whether they were packed; known once the pass has begun.
        fault: `truncated_file`, `corrupt_file` or `too_large` where the pass ended badly.
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
        """Of what has been read so far."""
        return self._hash.hexdigest()

    def start(self) -> bytes:
        """The first unpacked bytes, START_BYTES of them where there are so many, without reading over them."""
        while sum(map(len, self._start)) < START_BYTES and (piece := next(self._unread, None)) is not None:
            self._start.append(piece)
        return b"".join(self._start)

    def pieces(self) -> Iterator[bytes]:
        """The unpacked bytes, without a byte order mark. Raises OSError where they cannot be read."""
        yield self.start().removeprefix(BYTE_ORDER_MARK)
        yield from self._unread

    def read_over(self) -> None:
        """Go to the end, for the digest's sake."""
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
    """Packed bytes that are not what their format or their checksum says."""


class _Unpacking:
    """Frames of gzip or zstd, one after the other; zeros after the last one are padding."""

    def __init__(self) -> None:
        self._decoder: Decoder | None = None
        self._fed_bytes = READ_BYTES
        self._between = b""

    @property
    def is_complete(self) -> bool:
        """Whether the last frame has ended, and nothing has come behind it."""
        return self._decoder is None and not self._between

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """What `piece` completes. Raises _DamagedError."""
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
    """What the piece after the `good` ones holds before its damage, as a failed decoder keeps what it had ready.

    The first `given` unpacked bytes are left out.
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
