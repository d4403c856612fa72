"""The static files of the pages, which are read and compressed once at the start and then served from memory."""

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
    """One file, uncompressed and compressed."""

    media_type: str
    plain: bytes
    packed: bytes

    @classmethod
    def of(cls, file: Path) -> "Asset":
        """Read the file."""
        content = file.read_bytes()
        return cls(guess_type(file.name)[0] or "application/octet-stream", content, gzip.compress(content, mtime=0))

    async def answer(self, request: Request) -> Response:
        """Serve the file. Its path contains its version, so browsers may cache it forever."""
        headers = {"cache-control": "max-age=31536000, immutable", "vary": "accept-encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.packed, media_type=self.media_type, headers={**headers, "content-encoding": "gzip"})
        return Response(self.plain, media_type=self.media_type, headers=headers)


def assets() -> tuple[str, dict[str, Asset]]:
    """The URL folder of all static files, and each file by its path in the folder.

    The folder's name contains a digest of all files, so that a page never mixes files of two versions.

    Raises:
        FileNotFoundError: the locked package that contains the chart library is not installed.
    """
    found = {str(file.relative_to(STATIC)): Asset.of(file) for file in sorted(STATIC.rglob("*.*"))}
    found["vendor/echarts.js"] = Asset.of(_echarts())
    version = sha256(b"".join(asset.plain for asset in found.values())).hexdigest()[:12]
    return f"/static/{version}", found


def _echarts() -> Path:
    package, place = ECHARTS_CARRIER
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / place
