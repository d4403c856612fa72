"""The file system of a reader: it opens the files of one snapshot, for reading, and knows no others. Which files those are is pinning.py's."""

from collections.abc import Mapping
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any

from fsspec.spec import AbstractFileSystem

PREFIX = "published://data/"
"""Where the session finds them; where they lie is not said."""


class _File(FileIO):
    """A file that is closed with its last user: DuckDB lets go of its files and does not close them."""

    def __del__(self) -> None:
        self.close()


class PublishedFiles(AbstractFileSystem):
    """Reads the files of one snapshot. DuckDB finds it by its protocol, and asks for a file by its whole name."""

    protocol = "published"
    cachable = False

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._files: Mapping[str, Path] = {}

    def know(self, files: Mapping[str, Path]) -> None:
        """From now on these can be read: where each lies, by its name behind the prefix."""
        self._files = files

    def open(self, path: str, mode: str = "rb", *_: Any, **__: Any) -> FileIO:
        """A file of the snapshot.

        Raises:
            PermissionError: it is none, or it is opened for anything but reading.
        """
        if mode != "rb":
            raise PermissionError("a reader writes no file")
        return _File(self._place(path))

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """What is known of a file."""
        return {"name": path, "size": self._place(path).stat().st_size, "type": "file"}

    def modified(self, path: str) -> datetime:
        """When it was written, which is once."""
        return datetime.fromtimestamp(self._place(path).stat().st_mtime, UTC)

    def glob(self, path: str, *_: Any, **__: Any) -> list[str]:
        """The file of this name; no pattern finds one."""
        return [path] if path.removeprefix(PREFIX) in self._files else []

    def _place(self, path: str) -> Path:
        try:
            return self._files[path.removeprefix(PREFIX)]
        except KeyError:
            raise PermissionError("this is no file of what is published") from None
