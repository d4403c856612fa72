"""Landing of genuine LiteLLM records: each column is compared with the raw JSON."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from landing_place import ALWAYS, Place, make_place

from makegood.generation.samples import install_samples
from makegood.ingestion.sources import ADAPTERS, Source

Pair = tuple[dict[str, Any], dict[str, Any]]
"""A raw record and its row."""


def raw_records(file: Path) -> list[dict[str, Any]]:
    content = file.read_bytes()
    text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode()
    return [json.loads(part) for part in text.split("\n") if part]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, list[Pair]]]:
    home = tmp_path_factory.mktemp("home")
    place = make_place(home, "litellm")
    place.source = Source("litellm", ADAPTERS / "litellm.sql", str(home / "landing/litellm/**/{date}/{hour}/*"))
    hours = install_samples(home / "landing")
    place.land(*(hour.replace(tzinfo=None) for hour in hours))
    raw = {
        (str(file.relative_to(home)), number): record
        for file in (home / "landing").rglob("*.json*")
        for number, record in enumerate(raw_records(file), 1)
    }
    pairs = [(raw.pop((row["landing_file"], row["landing_line"])), row) for row in place.rows()]
    assert not raw
    yield place, pairs
    place.inventory.close()


@pytest.fixture
def pairs(samples: tuple[Place, list[Pair]]) -> list[Pair]:
    return samples[1]


def cost_of(raw: dict[str, Any]) -> Decimal:
    return Decimal(repr(raw["response_cost"]))


@pytest.mark.long
def test_every_record_of_both_file_layouts_lands(samples: tuple[Place, list[Pair]]) -> None:
    place, pairs = samples
    names = [row["landing_file"] for _, row in pairs]
    assert len([name for name in names if name.startswith("landing/litellm/sdk/")]) == 385
    assert len([name for name in names if name.startswith("landing/litellm/s3/gateway/")]) == 140
    assert place.quarantine() == []


def test_small_objects_share_a_few_parts(samples: tuple[Place, list[Pair]]) -> None:
    place, _ = samples
    parts = place.inventory.current_parts(*ALWAYS)
    assert len({part.landing_file for part in parts}) == 141
    assert len({part.lake_part for part in parts}) < 5


def test_ids_times_and_tokens_equal_the_log(pairs: list[Pair]) -> None:
    for raw, row in pairs:
        assert (row["request_id"], row["gateway_call_id"]) == (raw["id"], raw["litellm_call_id"])
        assert (row["model"], row["trace_id"]) == (raw["model"], raw["trace_id"] or None)
        floored = int(Decimal(repr(raw["startTime"])) * 1000)
        assert row["requested_at"].replace(tzinfo=UTC).timestamp() == floored / 1000


def test_latency_is_end_minus_start_and_not_the_response_time_field(pairs: list[Pair]) -> None:
    streams = [(raw, row) for raw, row in pairs if raw["stream"] is True]
    assert len(streams) > 100
    for raw, row in pairs:
        exact = (Decimal(repr(raw["endTime"])) - Decimal(repr(raw["startTime"]))) * 1000
        assert abs(row["latency_ms"] - exact) < 1
    assert any(row["latency_ms"] - raw["response_time"] * 1000 > 100 for raw, row in streams)


def test_time_to_first_token_is_null_unless_streamed(pairs: list[Pair]) -> None:
    for raw, row in pairs:
        if raw["stream"] is True:
            assert abs(row["ttft_ms"] - (raw["completionStartTime"] - raw["startTime"]) * 1000) < 1.01
        else:
            assert row["ttft_ms"] is None


def test_tokens_priced_at_0_by_the_gateway_and_its_breakdown_cost_0(pairs: list[Pair]) -> None:
    free = [
        (raw, row)
        for raw, row in pairs
        if raw["status"] == "success" and raw["response_cost"] == 0 and raw["total_tokens"] > 0 and not raw["cache_hit"]
    ]
    assert len(free) > 40
    assert all(raw["cost_breakdown"]["total_cost"] == 0 for raw, _ in free)
    assert {(row["cost_usd"], row["cost_basis"]) for _, row in free} == {(0, "billed")}


def test_a_success_without_usage_and_with_a_cost_of_0_has_an_unknown_cost(pairs: list[Pair]) -> None:
    unknown = [
        row
        for raw, row in pairs
        if raw["status"] == "success"
        and raw["response_cost"] == 0
        and raw["total_tokens"] == 0
        and not raw["cache_hit"]
    ]
    assert len(unknown) > 20
    assert {(row["cost_usd"], row["cost_basis"]) for row in unknown} == {(None, "not_priced")}


def test_a_cache_hit_costs_nothing_and_is_marked(pairs: list[Pair]) -> None:
    hits = [row for raw, row in pairs if raw["cache_hit"]]
    assert len(hits) >= 7
    assert all((row["cost_usd"], row["cache_hit"]) == (0, True) for row in hits)


def test_every_other_cost_keeps_all_its_digits(pairs: list[Pair]) -> None:
    priced = [(raw, row) for raw, row in pairs if row["cost_usd"] is not None]
    assert any("e-05" in repr(raw["response_cost"]) for raw, _ in priced)
    assert any(len(repr(raw["response_cost"])) > 17 for raw, _ in priced)
    for raw, row in priced:
        assert row["cost_usd"] == cost_of(raw).quantize(Decimal("1e-12"))


def test_a_failure_with_tokens_and_cost_keeps_them(pairs: list[Pair]) -> None:
    cut_off = [
        (raw, row)
        for raw, row in pairs
        if raw["status"] == "failure" and raw["total_tokens"] > 0 and raw["response_cost"] > 0
    ]
    assert len(cut_off) >= 2
    for raw, row in cut_off:
        assert (row["input_tokens"], row["output_tokens"]) == (raw["prompt_tokens"], raw["completion_tokens"])
        assert row["cost_usd"] == cost_of(raw).quantize(Decimal("1e-12"))
        assert row["finish_reason"] == "error"


def test_a_failure_without_usage_has_no_tokens_and_an_unknown_stream_flag(pairs: list[Pair]) -> None:
    failures = [(raw, row) for raw, row in pairs if raw["status"] == "failure" and raw["total_tokens"] == 0]
    assert len(failures) > 80
    for raw, row in failures:
        assert (row["input_tokens"], row["output_tokens"], row["finish_reason"]) == (None, None, "error")
        assert row["native_finish_reason"] is None
        assert row["streamed"] is raw["stream"]


def test_a_request_whose_caller_disconnected_is_cancelled_despite_status_success(pairs: list[Pair]) -> None:
    disconnected = [(raw, row) for raw, row in pairs if raw["error_information"]["error_code"] == "499"]
    assert len(disconnected) == 3
    for raw, row in disconnected:
        assert raw["status"] == "success"
        assert (row["cancelled"], row["finish_reason"], row["status_code"]) == (True, "cancelled", "499")
        assert row["cost_usd"] == cost_of(raw).quantize(Decimal("1e-12"))
    assert sum(row["cancelled"] for _, row in pairs) == 3


def test_rate_limits_of_the_provider_and_the_gateway_are_distinguished(pairs: list[Pair]) -> None:
    limited = [(raw, row) for raw, row in pairs if row["status_code"] == "429"]
    assert len(limited) > 20
    for raw, row in limited:
        is_providers = raw["error_information"]["error_rate_limit_category"] == "vendor_rate_limit"
        assert (row["error_code"] == "provider_rate_limited") == is_providers
    assert not any(row["error_code"] == "provider_rate_limited" for _, row in pairs if row["status_code"] != "429")


def test_line_separators_inside_a_record_do_not_split_it(pairs: list[Pair]) -> None:
    assert sum("\u2028" in json.dumps(raw, ensure_ascii=False) for raw, _ in pairs) > 50


def test_a_record_of_180_kilobytes_lands(pairs: list[Pair]) -> None:
    assert max(len(json.dumps(raw)) for raw, _ in pairs) > 179_000


def test_the_account_is_the_team_and_otherwise_unknown(pairs: list[Pair]) -> None:
    accounts = {row["account_id"] for _, row in pairs}
    assert accounts == {"team-a", "team-b", "unknown"}
    for raw, row in pairs:
        metadata = raw["metadata"]
        team, org, user = (metadata[f"user_api_key_{name}_id"] for name in ("team", "org", "user"))
        assert row["account_id"] == (team or org or user or "unknown")
        assert row["api_key_ref"] == (metadata["user_api_key_hash"] or None)


@pytest.mark.parametrize(
    ("ids", "account"),
    [
        (("t", "o", "u"), "t"),
        ((None, "o", "u"), "o"),
        (("", "", "u"), "u"),
        ((None, None, None), "unknown"),
    ],
)
def test_the_account_falls_back_from_team_to_organisation_to_user(
    tmp_path: Path, pairs: list[Pair], ids: tuple[str | None, ...], account: str
) -> None:
    raw = json.loads(json.dumps(pairs[0][0]))
    raw["metadata"] |= dict(zip((f"user_api_key_{name}_id" for name in ("team", "org", "user")), ids, strict=True))
    place = make_place(tmp_path, "litellm")
    started = datetime.fromtimestamp(raw["startTime"], UTC).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    place.put("one.json", json.dumps(raw).encode(), started)
    place.land(started)
    assert [row["account_id"] for row in place.rows()] == [account]
    place.inventory.close()


def test_embeddings_have_no_output_tokens_and_no_finish_reason(pairs: list[Pair]) -> None:
    embeddings = [row for raw, row in pairs if raw["call_type"] == "aembedding"]
    assert len(embeddings) == 12
    assert all(
        row["output_tokens"] is None and row["input_tokens"] > 0 and row["finish_reason"] is None for row in embeddings
    )


def test_attempts_with_the_same_trace_id_are_separate_requests(pairs: list[Pair]) -> None:
    by_trace: dict[str, set[str]] = {}
    for _, row in pairs:
        if row["trace_id"]:
            by_trace.setdefault(row["trace_id"], set()).add(row["request_id"])
    assert max(len(ids) for ids in by_trace.values()) > 1


def test_meta_holds_the_parameters_and_never_the_conversation(samples: tuple[Place, list[Pair]]) -> None:
    place, pairs = samples
    stored = place.stored_bytes().decode()
    contents = {
        message["content"]
        for raw, _ in pairs
        for message in (raw["messages"] if isinstance(raw["messages"], list) else [])
        if isinstance(message, dict) and isinstance(message.get("content"), str) and len(message["content"]) > 12
    }
    assert len(contents) > 10
    assert not [text for text in contents if text in stored]
    for raw, row in pairs:
        meta = json.loads(row["meta"])
        assert meta["call_type"] == raw["call_type"]
        assert meta["metadata"].keys() == raw["metadata"].keys()
