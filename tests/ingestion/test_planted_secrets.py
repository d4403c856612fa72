"""Hundreds of secrets and private texts are planted in every field of a record, and landing stores none of them."""

import json
from pathlib import Path

import duckdb
from landing_place import HOUR, make_place, record
from planted import Planter, marks_in, moment

from makegood.ingestion.sources import ASSESSMENTS, Source


def test_no_planted_secret_is_stored_by_landing(tmp_path: Path) -> None:
    planter = Planter()

    def canonical(**changes: object) -> dict[str, object]:
        return {name: value for name, value in record(**changes).items() if value is not None}

    def verdict(**changes: object) -> dict[str, object]:
        given = {
            "source": "gateway",
            "request_id": "r1",
            "detector": "judge",
            "verdict": "unsatisfactory",
            "assessed_at": moment(HOUR),
            **changes,
        }
        return {name: value for name, value in given.items() if value is not None}

    place = make_place(tmp_path)
    place.put("good.jsonl", "\n".join(planter.records(canonical)).encode())
    place.put("broken.jsonl", "\n".join(planter.broken_records(canonical)).encode())
    place.put(f"sk-{planter.mark()}aaaabbbb.jsonl", json.dumps(canonical()).encode())
    landed = place.land()
    place.source = Source(
        "litellm", place.source.adapter.parent / "litellm.sql", str(tmp_path / "landing/litellm/{date}/{hour}/*")
    )
    place.put("calls.jsonl", "\n".join(planter.litellm_records(1793509800.0)).encode())
    landed += place.land()
    place.source = Source("judge", ASSESSMENTS, str(tmp_path / "landing/judge/{date}/{hour}/*"))
    place.put("verdicts.jsonl", "\n".join(planter.verdicts(verdict)).encode())
    landed += place.land()
    place.inventory.close()
    assert planter.planted >= 1_000
    assert sum(file.landed_count for file in landed) > 700
    assert sum(file.quarantined_count for file in landed) > 250
    assert marks_in(tmp_path) == {}


def test_the_search_for_planted_secrets_finds_them(tmp_path: Path) -> None:
    planter = Planter()
    (tmp_path / "lines.txt").write_text(planter.mark())
    with duckdb.connect(str(tmp_path / "held.duckdb")) as con:
        con.execute(f"create table held as select '{planter.private_text()}' as text")
        con.execute(f"copy held to '{tmp_path / 'part.parquet'}' (format parquet, compression zstd)")
    assert set(marks_in(tmp_path)) == {"lines.txt", "held.duckdb", "part.parquet"}
