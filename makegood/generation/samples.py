"""The recorded samples in samples/: where they are, and how they are laid out as landing files.

Synthetic logs are in gateway.py.
"""

import gzip
import json
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

SAMPLES = Path(__file__).parents[2] / "samples"


def sample(name: str) -> Path:
    """Return the path of the sample file `name`, given relative to samples/.

    Raises FileNotFoundError if it is missing, which means that the checkout is incomplete.
    """
    path = SAMPLES / name
    if not path.is_file():
        raise FileNotFoundError(f"the sample {name} is missing from {SAMPLES}; check the repository out")
    return path


def install_samples(landing: Path) -> list[datetime]:
    """Lay out the recorded LiteLLM logs below `landing`, and return the landing hours (UTC), ascending.

    `litellm/sdk/DATE/HH/sdk_payloads.jsonl.gz` holds the payloads of one hour, by their own `startTime`;
    `litellm/s3/gateway/[team/]DATE/HH/*.json` are the objects as LiteLLM's S3 logger names them. Repeating the
    installation rewrites only files that differ. Source: samples/README.md.
    """
    hours = set()
    for path, content in [*_payload_files(), *_s3_objects()]:
        target = landing / "litellm" / path
        if not (target.is_file() and target.read_bytes() == content):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        date, hour = path.parts[-3:-1]
        hours.add(datetime.fromisoformat(f"{date}T{hour}:00:00+00:00"))
    return sorted(hours)


def _payload_files() -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield (path, gzipped JSON lines) per hour of the SDK payloads."""
    by_hour: dict[datetime, list[bytes]] = defaultdict(list)
    with gzip.open(sample("litellm/sdk_payloads.jsonl.gz")) as lines:
        for line in lines:
            started = datetime.fromtimestamp(json.loads(line)["startTime"], UTC)
            by_hour[started.replace(minute=0, second=0, microsecond=0)].append(line)
    for hour, payloads in by_hour.items():
        path = PurePosixPath("sdk", f"{hour:%Y-%m-%d}", f"{hour:%H}", "sdk_payloads.jsonl.gz")
        yield path, gzip.compress(b"".join(payloads), mtime=0)


def _s3_objects() -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield (path, JSON) per object that LiteLLM's S3 logger wrote."""
    with tarfile.open(sample("litellm/s3_objects.tar.gz")) as archive:
        for member in archive:
            if (stream := archive.extractfile(member)) is not None:
                yield PurePosixPath("s3", member.name), stream.read()
