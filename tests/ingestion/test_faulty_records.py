"""Faulty canonical records are quarantined with a reason, unless the fault is in a field that no decision depends on."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from landing_place import HOUR, Place, line

from makegood.hours import FIRST_HOUR
from makegood.ingestion.finding import FARTHEST_ZONE, FAST_CLOCKS
from makegood.ingestion.transforming import LARGEST_COST_USD, LONGEST_MS, MOST_TOKENS


def fault_of(place: Place, **changes: Any) -> str | None:
    """The quarantine reason of the second of two lines. The first one is valid and must always land."""
    rows = place.land_lines(line(request_id="good"), line(**changes))
    assert "good" in [row["request_id"] for row in rows]
    (reason,) = [reason for _, reason in place.reasons()] or [None]
    assert len(rows) == (1 if reason else 2)
    return reason


def test_faulty_amounts_that_no_decision_uses_do_not_quarantine_the_request(place: Place) -> None:
    values = ("free", -1, "1e300", [1], {"a": 1}, "NaN", True)
    rows = place.land_lines(
        *(line(request_id=f"r{n}", list_cost_usd=value, discount_usd=value) for n, value in enumerate(values))
    )
    assert [(row["list_cost_usd"], row["discount_usd"]) for row in rows] == [(None, None)] * len(values)


NO_FIRST_TOKENS = {
    "before the start": -3,
    "with the start": 0,
    "0.0": 0.0,
    "at the end": 2500,
    "after the end": 2501,
    "days later": LONGEST_MS + 1,
    "beyond 64 bits": 10**30,
    "in words": "soon",
}


@pytest.mark.parametrize("moment", NO_FIRST_TOKENS)
def test_an_impossible_time_to_first_token_is_null_and_the_request_lands(place: Place, moment: str) -> None:
    (row,) = place.land_lines(line(ttft_ms=NO_FIRST_TOKENS[moment], streamed=True))
    assert (row["ttft_ms"], row["latency_ms"]) == (None, 2500)


FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "no time": ("missing_timestamp", {"requested_at": None}),
    "month 13": ("bad_timestamp", {"requested_at": "2026-13-01T05:00:00Z"}),
    "text": ("bad_timestamp", {"requested_at": "yesterday"}),
    "before gateways": ("bad_timestamp", {"requested_at": "1970-01-01T00:00:00Z"}),
    "year 290000": ("bad_timestamp", {"requested_at": "+299999-01-01T00:00:00Z"}),
    "an epoch out of range": ("bad_timestamp", {"requested_at": 10**25}),
    "ambiguous day and month": ("bad_timestamp", {"requested_at": "01/11/2026 05:10:00"}),
    "a day in the future": ("future_timestamp", {"requested_at": "2026-11-02T05:00:00Z"}),
    "an end a year in the future": ("future_timestamp", {"completed_at": "2027-11-01T05:10:00Z"}),
    "no model": ("missing_model", {"model": ...}),
    "empty model": ("missing_model", {"model": ""}),
    "a fractional token count": ("wrong_type", {"input_tokens": 1.7}),
    "tokens in words": ("wrong_type", {"output_tokens": "many"}),
    "list of tokens": ("wrong_type", {"output_tokens": [1]}),
    "cost in words": ("wrong_type", {"cost_usd": "free"}),
    "an invalid end time": ("wrong_type", {"completed_at": "later"}),
    "an invalid flag": ("wrong_type", {"cache_hit": "maybe"}),
    "negative tokens": ("negative_value", {"input_tokens": -1}),
    "negative cost": ("negative_value", {"cost_usd": "-0.000000000001"}),
    "an end before the start": ("negative_value", {"completed_at": "2026-11-01T05:09:59.999Z"}),
    "tokens beyond 64 bits": ("out_of_range", {"output_tokens": 10**30}),
    "a long latency": ("out_of_range", {"latency_ms": LONGEST_MS + 1, "completed_at": ...}),
    "a long latency beside an end": ("out_of_range", {"latency_ms": LONGEST_MS + 1}),
    "a very long time from start to end": ("out_of_range", {"requested_at": "2026-10-01T05:00:00Z"}),
    "milliseconds beyond 64 bits": ("out_of_range", {"latency_ms": 10**30}),
    **{
        f"{kind} tokens beyond the most": ("out_of_range", {f"{kind}_tokens": MOST_TOKENS + 1})
        for kind in ("input", "output", "cached", "reasoning")
    },
    **{
        f"{shape} as {name}": ("wrong_type", {name: value})
        for name in (
            "request_id",
            "gateway_call_id",
            "account_id",
            "api_key_ref",
            "requested_at",
            "completed_at",
            "model",
            "finish_reason",
            "status_code",
            "error_code",
        )
        for shape, value in {"an object": {"a": 1}, "a list": ["a"]}.items()
    },
    "a million dollars": ("out_of_range", {"cost_usd": LARGEST_COST_USD}),
    "a cost beyond any decimal": ("out_of_range", {"cost_usd": "1e300"}),
    "an endless cost": ("out_of_range", {"cost_usd": "-Infinity"}),
    "a cost in words": ("wrong_type", {"cost_usd": "1.2 USD"}),
    "a cost with digits in groups": ("wrong_type", {"cost_usd": "1_000"}),
    "tokens in hexadecimal": ("wrong_type", {"input_tokens": "0x10"}),
    "an end in microseconds, a year ahead": ("future_timestamp", {"completed_at": 1825045800123456}),
    "almost a million, rounded up": ("out_of_range", {"cost_usd": "999999.9999999999996"}),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_faulty_record_is_quarantined_with_its_reason(place: Place, kind: str) -> None:
    reason, changes = FAULTS[kind]
    assert fault_of(place, **changes) == reason


@pytest.mark.parametrize("name", ["trace_id", "model_served", "provider", "native_finish_reason", "native_operation"])
@pytest.mark.parametrize("value", [{"a": 1}, ["a"]], ids=["object", "list"])
def test_a_fault_in_a_field_that_no_decision_uses_does_not_quarantine_the_request(
    place: Place, name: str, value: Any
) -> None:
    (row,) = place.land_lines(line(**{name: value}, finish_reason="stop"))
    assert row[name] is None


@pytest.mark.parametrize("limit", ["auto", -1, 1.5, MOST_TOKENS + 1, 10**30, {"a": 1}, ""])
def test_an_invalid_output_limit_is_null_and_the_request_lands(place: Place, limit: Any) -> None:
    (row,) = place.land_lines(line(max_output_tokens=limit))
    assert row["max_output_tokens"] is None


@pytest.mark.parametrize("streamed", ["sse", "auto", {"a": 1}, 2.5])
def test_an_ambiguous_stream_flag_is_null_and_the_request_lands(place: Place, streamed: Any) -> None:
    (row,) = place.land_lines(line(streamed=streamed, ttft_ms=5))
    assert (row["streamed"], row["ttft_ms"]) == (None, None)


def test_a_quarantined_record_keeps_file_line_and_harmless_fields(place: Place) -> None:
    place.land_lines(line(request_id="r1"), line(request_id="r2", model=None, input_tokens="twelve", output_tokens=-1))
    ((name, number, reason, fields),) = place.quarantine()
    assert (name, number, reason) == ("part.jsonl", 2, "missing_model")
    assert json.loads(fields or "") == {
        "request_id": "r2",
        "account_id": "a1",
        "requested_at": "2026-11-01T05:10:00Z",
        "completed_at": "2026-11-01T05:10:02.500Z",
        "model": None,
        "input_tokens": "[not kept]",
        "output_tokens": -1,
        "cost_usd": "0.001",
    }


LATEST = HOUR + timedelta(hours=1) + FARTHEST_ZONE + FAST_CLOCKS
AT_THE_LIMIT: dict[str, dict[str, Any]] = {
    "the hour's end in the farthest zone, and five minutes": {"requested_at": LATEST, "completed_at": ...},
    "the first day": {"requested_at": FIRST_HOUR, "completed_at": ...},
    "the most tokens": dict.fromkeys(
        ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "max_output_tokens"), MOST_TOKENS
    ),
    "the longest call": {"latency_ms": LONGEST_MS, "completed_at": ..., "ttft_ms": LONGEST_MS, "streamed": True},
    "a model in brackets": {"model": "[eu] m", "account_id": "{team}"},
    "nothing at all": {"input_tokens": 0, "output_tokens": 0, "cost_usd": 0},
    "an end with the start": {"completed_at": "2026-11-01T05:10:00Z"},
    "a long call filed under the hour of its start": {"completed_at": "2026-11-01T09:10:00Z"},
}
BEYOND_THE_LIMIT = {
    "the hour's end in the farthest zone, and five minutes": {
        "requested_at": LATEST + timedelta(milliseconds=1),
        "completed_at": ...,
    },
    "the first day": {"requested_at": FIRST_HOUR - timedelta(milliseconds=1), "completed_at": ...},
}


def written(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in changes.items()}


@pytest.mark.parametrize("kind", AT_THE_LIMIT)
def test_a_value_at_the_limit_lands(place: Place, kind: str) -> None:
    assert fault_of(place, **written(AT_THE_LIMIT[kind])) is None


@pytest.mark.parametrize("kind", BEYOND_THE_LIMIT)
def test_a_value_just_beyond_the_limit_does_not_land(place: Place, kind: str) -> None:
    assert fault_of(place, **written(BEYOND_THE_LIMIT[kind])) in ("bad_timestamp", "future_timestamp")
