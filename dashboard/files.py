"""The files that the pages are made of, read and compressed once and then answered from memory. Which pages there are is pages.py's."""

import gzip
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from mimetypes import guess_type
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response

STATIC = Path(__file__).parent / "static"
ECHARTS_CARRIER = ("vizly", "assets/echarts.min.js")


@dataclass(frozen=True)
class Asset:
    """One file, as it is and compressed. A browser asks each time whether it changed, so that it never mixes two versions."""

    media_type: str
    tag: str
    plain: bytes
    packed: bytes

    @classmethod
    def of(cls, file: Path) -> "Asset":
        """Read the file."""
        content = file.read_bytes()
        media_type = guess_type(file.name)[0] or "application/octet-stream"
        tag = f'"{sha256(content).hexdigest()[:16]}"'
        return cls(media_type, tag, content, gzip.compress(content, mtime=0))

    async def answer(self, request: Request) -> Response:
        """The file, or that it is what the browser has."""
        headers = {"cache-control": "no-cache", "etag": self.tag, "vary": "accept-encoding"}
        if request.headers.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.packed, media_type=self.media_type, headers={**headers, "content-encoding": "gzip"})
        return Response(self.plain, media_type=self.media_type, headers=headers)


def assets() -> dict[str, Asset]:
    """Everything that a page may ask for, by its path.

    Raises:
        FileNotFoundError: the locked package that carries the chart library is not installed.
    """
    found = {f"/static/{file.relative_to(STATIC)}": Asset.of(file) for file in STATIC.rglob("*.*")}
    return {**found, "/vendor/echarts.js": Asset.of(_echarts())}


def _echarts() -> Path:
    package, place = ECHARTS_CARRIER
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / place
