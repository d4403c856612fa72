"""Reads generated logs, and classifies their lines by fault, outcome and pace as the generator's CSV files name them."""

import csv
import gzip
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import Phase, settings

from makegood.generation.gateway import HERE

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIELDS = {
    "request_id",
    "trace_id",
    "gateway_call_id",
    "account_id",
    "api_key_ref",
    "requested_at",
    "completed_at",
    "model",
    "model_served",
    "provider",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cost_usd",
    "cache_hit",
    "latency_ms",
    "ttft_ms",
    "streamed",
    "cancelled",
    "finish_reason",
    "native_finish_reason",
    "status_code",
    "error_code",
    "error_message",
    "max_output_tokens",
    "meta",
    "region",
}
# Failing examples are not shrunk, because a smaller seed is no easier to understand.
few_examples = settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate])


@cache
def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def files(landing: Path) -> dict[str, bytes]:
    return {path.relative_to(landing).as_posix(): path.read_bytes() for path in landing.rglob("*") if path.is_file()}


def lines(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).split(b"\n")[:-1]


def fault(line: bytes, landed_hour: datetime) -> str | None:
    """Name the fault of a line as shares.csv does; None if the line is intact."""
    try:
        record = json.loads(line)
    except ValueError:
        return "blank" if not line else "malformed" if line.startswith(b"}") else "cut_short"
    if not isinstance(record, dict):
        return "not_an_object"
    for field, name in {"request_id": "missing_request_id", "requested_at": "missing_timestamp"}.items():
        if field not in record:
            return name
    if "model" not in record:
        return "missing_model"
    try:
        requested_at = datetime.fromisoformat(record["requested_at"])
    except ValueError:
        return "bad_timestamp"
    if requested_at > landed_hour + HOUR + timedelta(minutes=5):
        return "future_timestamp"
    tokens = [record.get(f"{name}_tokens", 0) for name in ("input", "output")]
    return "negative_value" if min(tokens) < 0 else "out_of_range" if max(tokens) >= 2**63 else None


@cache
def outcome_of_error() -> dict[str, str]:
    return {row["error_code"]: row["kind"] for row in rows(HERE / "outcomes.csv") if row["error_code"]}


def outcome(record: dict[str, Any]) -> str:
    """Name the outcome of a request as outcomes.csv does, judging by its record."""
    output = record.get("output_tokens")
    match record:
        case {"cache_hit": True}:
            return "cache_hit"
        case {"error_code": str(code)}:
            return outcome_of_error()[code]
        case {"finish_reason": "length"}:
            return "caller_limit" if output == record.get("max_output_tokens") else "truncated"
        case {"finish_reason": "stop"} if output == 0:
            return "empty"
        case {"finish_reason": "stop"} if output == record.get("reasoning_tokens"):
            return "thought_only"
    return str(record.get("finish_reason", "embedded"))


def pace(record: dict[str, Any]) -> str:
    """Name the pace of a request as shares.csv does, except that a slow request cannot be told from a usual one."""
    generation_ms = record["latency_ms"] - record.get("ttft_ms", 0)
    is_crawling = generation_ms > 30_000 and 1_000 * record.get("output_tokens", math.inf) < 5 * generation_ms
    return "stalled" if record["latency_ms"] >= 600_000 else "crawling" if is_crawling else "usual"


def intact(path: Path) -> Iterator[dict[str, Any]]:
    """The records of the intact lines of a landing file."""
    landed_hour = datetime.fromisoformat(f"{path.parts[-3]}T{path.parts[-2]}:00:00+00:00")
    for line in lines(path):
        if fault(line, landed_hour) is None:
            yield json.loads(line)
