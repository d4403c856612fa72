"""Installing the recorded samples: every record is in the directory where the sources configuration looks for it."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

from makegood.generation.samples import install_samples

HOUR = datetime(2026, 11, 24, 6, tzinfo=UTC)


def landing_files(landing: Path) -> dict[str, bytes]:
    return {path.relative_to(landing).as_posix(): path.read_bytes() for path in landing.rglob("*") if path.is_file()}


def test_every_recorded_payload_lands_in_the_hour_it_started(tmp_path: Path) -> None:
    assert install_samples(tmp_path) == [HOUR]
    lines = (
        gzip.decompress((tmp_path / "litellm/sdk/2026-11-24/06/sdk_payloads.jsonl.gz").read_bytes())
        .removesuffix(b"\n")
        .split(b"\n")
    )
    started = [datetime.fromtimestamp(json.loads(line)["startTime"], UTC) for line in lines]
    assert len(started) == 385
    assert {at.replace(minute=0, second=0, microsecond=0) for at in started} == {HOUR}


def test_s3_objects_keep_the_layout_that_litellm_gave_them(tmp_path: Path) -> None:
    install_samples(tmp_path)
    objects = sorted(tmp_path.glob("litellm/s3/gateway/**/2026-11-24/06/*.json"))
    assert len(objects) == 140
    assert {path.parents[2].name for path in objects} == {"eu", "team-a", "team-b"}
    assert all(json.loads(path.read_bytes())["id"] in path.name for path in objects)


def test_every_installed_file_matches_the_pattern_of_the_sources_configuration(tmp_path: Path) -> None:
    install_samples(tmp_path)
    matched = tmp_path.glob("litellm/**/2026-11-24/06/*.json*")
    assert {path.relative_to(tmp_path).as_posix() for path in matched} == landing_files(tmp_path).keys()


def test_installing_again_repairs_damaged_files_and_leaves_the_others_untouched(tmp_path: Path) -> None:
    install_samples(tmp_path)
    before = landing_files(tmp_path)
    damaged, untouched = (tmp_path / name for name in sorted(before)[:2])
    damaged.write_bytes(b"half a fi")
    modified_ns = untouched.stat().st_mtime_ns
    install_samples(tmp_path)
    assert landing_files(tmp_path) == before
    assert untouched.stat().st_mtime_ns == modified_ns
