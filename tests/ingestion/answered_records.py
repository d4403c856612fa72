"""Builds genuine LiteLLM records with replaced answers, lands them, and reads what the built-in detectors found."""

import json
from typing import Any

import duckdb
from genuine_completion import genuine
from landing_place import ALWAYS, Place, at

Found = dict[str, set[str]]
"""The detectors that found something, by request id."""


def answered(
    request_id: str,
    content: Any,
    finish: str = "stop",
    parameters: dict[str, Any] | None = None,
    output_tokens: int = 100,
    **message: Any,
) -> dict[str, Any]:
    """A genuine record whose answer was replaced by this one."""
    record = genuine()
    record["id"] = request_id
    record["completion_tokens"] = output_tokens
    record["model_parameters"] = parameters or {}
    record["response"]["choices"] = [
        {"finish_reason": finish, "index": 0, "message": {"role": "assistant", "content": content, **message}}
    ]
    return record


def responded(request_id: str, response: dict[str, Any], parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    """A genuine record whose whole response was replaced by this one."""
    return answered(request_id, "") | {"response": response, "model_parameters": parameters or {}}


def findings(place: Place) -> list[tuple[Any, ...]]:
    """What the built-in detectors found: request, detector, version, verdict, score, category, evidence, times, file and line."""
    parts = [str(place.lake / part.lake_part) for part in place.inventory.assessment_parts(*ALWAYS)]
    if not parts:
        return []
    with duckdb.connect() as con:
        return con.execute(
            "select request_id, detector, detector_version, verdict, score::varchar, category, evidence, requested_at, assessed_at,"
            " landing_file, landing_line from read_parquet(?, hive_partitioning = false) order by all",
            [parts],
        ).fetchall()


def found(place: Place) -> Found:
    """The detectors that found something in what has landed."""
    detectors: Found = {}
    for request_id, detector, *_ in findings(place):
        detectors.setdefault(request_id, set()).add(detector)
    return detectors


def landed(place: Place, *records: dict[str, Any]) -> Found:
    """Land these records, all of them good, and say which detectors found something in which."""
    started = at("2026-11-01T05:10:00").timestamp()
    texts = [json.dumps(record | {"startTime": started, "endTime": started + 2}) for record in records]
    place.put("log.jsonl", "\n".join(texts).encode())
    place.land()
    assert place.quarantine() == []
    return found(place)
