"""The file system of a reader: it opens the files of one snapshot, for reading, and knows no others. Which files those are is pinning.py's."""

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
"""Where the session finds them; where they lie is not said."""


Seals = Callable[[str], bytes | None]
"""The seal of a file by the name behind the prefix; None where it has none."""
SAID = re.compile(r"DamagedFileError: (.*?)(?:\n\nAt:|\Z)", re.DOTALL)


class DamagedFileError(MakegoodError):
    """A file of the warehouse does not hold what was published."""

    def __init__(self, file: Path, way_out: str) -> None:
        super().__init__(f"{file} is damaged, it does not hold what was published: {way_out}")


def damage(error: Exception) -> MakegoodError | None:
    """The sentence about a damaged file, where that is why DuckDB gave a question up: it makes an error of its own of ours."""
    found = SAID.search(str(error))
    return MakegoodError(found[1]) if found else None


class _File(FileIO):
    """A file that is closed with its last user: DuckDB lets go of its files and does not close them."""

    def __del__(self) -> None:
        self.close()


class _SealedFile(_File):
    """A file of which no byte is given out whose block is not as it was sealed."""

    def __init__(self, file: Path, seal: bytes, way_out: str) -> None:
        super().__init__(file)
        self._file, self._seal, self._way_out = file, seal, way_out
        count = block_count(os.fstat(self.fileno()).st_size)
        if count * CHECKSUM != len(seal):
            raise DamagedFileError(file, way_out)
        # Of a file that was cut the last block shows it, and nobody reads one without its end.
        self._blocks(max(count - 1, 0), count)

    def read(self, size: int | None = -1, /) -> bytes:
        """So many bytes from where the file stands, or all.

        Raises:
            DamagedFileError: a block of them was changed or lost.
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
        """The blocks from one to another, that one not included, as they were sealed."""
        content = memoryview(os.pread(self.fileno(), (until - first) * BLOCK, first * BLOCK))
        for number in range(first, until):
            if not is_block_whole(self._seal, number, content[(number - first) * BLOCK :][:BLOCK]):
                raise DamagedFileError(self._file, self._way_out)
        return content


class PublishedFiles(AbstractFileSystem):
    """Reads the files of one snapshot. DuckDB finds it by its protocol, and asks for a file by its whole name."""

    protocol = "published"
    cachable = False

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._files: Mapping[str, Path] = {}
        self._seals: Seals = lambda _: None
        self._way_out = ""

    def know(self, files: Mapping[str, Path], seals: Seals | None = None, way_out: str = "") -> None:
        """From now on these can be read: where each lies, by its name behind the prefix.

        Args:
            files: the places.
            seals: how a file's seal is found.
            way_out: what to do where a file does not fit its seal.
        """
        self._files = files
        self._seals, self._way_out = seals or self._seals, way_out

    def open(self, path: str, mode: str = "rb", *_: Any, **__: Any) -> FileIO:
        """A file of the snapshot.

        Raises:
            PermissionError: it is none, or it is opened for anything but reading.
            DamagedFileError: it is not there, or not of the size that was published.
        """
        if mode != "rb":
            raise PermissionError("a reader writes no file")
        place = self._place(path)
        seal = self._seals(path.removeprefix(PREFIX))
        try:
            return _File(place) if seal is None else _SealedFile(place, seal, self._way_out)
        except OSError as error:
            raise DamagedFileError(place, self._way_out) from error

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """What is known of a file."""
        return {"name": path, "size": self._stat(path).st_size, "type": "file"}

    def modified(self, path: str) -> datetime:
        """When it was written, which is once."""
        return datetime.fromtimestamp(self._stat(path).st_mtime, UTC)

    def glob(self, path: str, *_: Any, **__: Any) -> list[str]:
        """The file of this name; no pattern finds one."""
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
            raise PermissionError("this is no file of what is published") from None
