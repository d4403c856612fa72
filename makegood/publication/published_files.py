"""A read-only fsspec file system with exactly the files of one snapshot. pinning.py determines which files these are."""

import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any

from fsspec.spec import AbstractFileSystem

from makegood.errors import MakegoodError
from makegood.publication.checksums import BLOCK, CHECKSUM, block_count, is_block_whole

PREFIX = "published://data/"
"""The prefix under which the session finds the files; their real location is not revealed."""


Seals = Callable[[str], bytes | None]
"""A function from a file's name after the prefix to its seal; None if it has none."""
SAID = re.compile(r"DamagedFileError: (.*?)(?:\n\nAt:|\Z)", re.DOTALL)


class DamagedFileError(MakegoodError):
    """A file of the warehouse is not as it was published."""

    def __init__(self, file: Path, way_out: str) -> None:
        super().__init__(f"{file} is damaged, its content has changed since it was published: {way_out}")


def damage(error: Exception) -> MakegoodError | None:
    """Our own error about a damaged file, if that is why DuckDB's query failed: DuckDB wraps it in an error of its own."""
    found = SAID.search(str(error))
    return MakegoodError(found[1]) if found else None


class _File(FileIO):
    """A file that is closed with its last reference, because DuckDB drops its files without closing them."""

    def __del__(self) -> None:
        self.close()


class _SealedFile(_File):
    """A file that verifies the checksum of each block before it returns any of its bytes."""

    def __init__(self, file: Path, seal: bytes, way_out: str) -> None:
        super().__init__(file)
        self._file, self._seal, self._way_out = file, seal, way_out
        count = block_count(os.fstat(self.fileno()).st_size)
        if count * CHECKSUM != len(seal):
            raise DamagedFileError(file, way_out)
        # The last block reveals a truncated file, and Parquet readers need the end of the file anyway.
        self._blocks(max(count - 1, 0), count)

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes from the current position, or all.

        Raises:
            DamagedFileError: one of their blocks was changed or lost.
        """
        at, end = self.tell(), os.fstat(self.fileno()).st_size
        if size is not None and size >= 0:
            end = min(end, at + size)
        if at >= end:
            return b""
        first = at // BLOCK
        content = self._blocks(first, block_count(end))
        self.seek(end)
        return bytes(content[at - first * BLOCK : end - first * BLOCK])

    def _blocks(self, first: int, until: int) -> memoryview:
        """The verified blocks from `first` up to, but not including, `until`."""
        content = memoryview(os.pread(self.fileno(), (until - first) * BLOCK, first * BLOCK))
        for number in range(first, until):
            if not is_block_whole(self._seal, number, content[(number - first) * BLOCK :][:BLOCK]):
                raise DamagedFileError(self._file, self._way_out)
        return content


class PublishedFiles(AbstractFileSystem):
    """Reads the files of one snapshot. DuckDB selects it by its protocol, and opens files by their full name."""

    protocol = "published"
    cachable = False

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._files: Mapping[str, Path] = {}
        self._seals: Seals = lambda _: None
        self._way_out = ""

    def know(self, files: Mapping[str, Path], seals: Seals | None = None, way_out: str = "") -> None:
        """Set the files that can be read, by their names after the prefix.

        Args:
            files: the path of each.
            seals: looks up a file's seal.
            way_out: what the user should do if a file does not match its seal; part of the error message.
        """
        self._files = files
        self._seals, self._way_out = seals or self._seals, way_out

    def open(self, path: str, mode: str = "rb", *_: Any, **__: Any) -> FileIO:
        """Open a file of the snapshot.

        Raises:
            PermissionError: the file is not part of the snapshot, or is opened for anything but reading.
            DamagedFileError: it cannot be opened, or its size is not that of its seal.
        """
        if mode != "rb":
            raise PermissionError("readers cannot write files")
        place = self._place(path)
        seal = self._seals(path.removeprefix(PREFIX))
        try:
            return _File(place) if seal is None else _SealedFile(place, seal, self._way_out)
        except OSError as error:
            raise DamagedFileError(place, self._way_out) from error

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """A file's name, size and type."""
        return {"name": path, "size": self._stat(path).st_size, "type": "file"}

    def modified(self, path: str) -> datetime:
        """When the file was written; files are written only once."""
        return datetime.fromtimestamp(self._stat(path).st_mtime, UTC)

    def glob(self, path: str, *_: Any, **__: Any) -> list[str]:
        """The file with exactly this name, if any; patterns are not supported."""
        return [path] if path.removeprefix(PREFIX) in self._files else []

    def _stat(self, path: str) -> os.stat_result:
        place = self._place(path)
        try:
            return place.stat()
        except OSError as error:
            raise DamagedFileError(place, self._way_out) from error

    def _place(self, path: str) -> Path:
        try:
            return self._files[path.removeprefix(PREFIX)]
        except KeyError:
            raise PermissionError("not a file of the published snapshot") from None
