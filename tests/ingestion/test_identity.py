"""Request keys: the identity of a purchase, computed from a record alone, compared with the same rule in plain Python."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_place import Place, at, line, make_place

from makegood.errors import MakegoodError
from makegood.ingestion.inventory import FORMAT, Inventory

PLACEHOLDERS = (
    *(
        "None",
        "none",
        "null",
        "NULL",
        "nil",
        "undefined",
        "unknown",
        "",
        " ",
        "-",
        "n/a",
        "nan",
        "(null)",
    ),
    *("00000000-0000-0000-0000-000000000000", "0" * 32),
)


def key_of(source: str, account: str | None, api_key: str | None, kind: str, details: str, name: str) -> str:
    """The expected request key. Each text is preceded by its length, so that different purchases never give the same input."""
    buyer, who = ("account", account) if account else ("key", api_key) if api_key else ("nobody", "")
    assert who is not None
    hashed = [kind, details, len(source.encode()), buyer, len(who.encode()), source, who, name]
    return hashlib.sha256(" ".join(map(str, hashed)).encode()).hexdigest()[:32]


def milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // timedelta(milliseconds=1)


def keys(place: Place, *lines: bytes) -> list[str]:
    return [row["request_key"] for row in place.land_lines(*lines)]


def test_a_canonical_record_is_identified_by_its_account_and_its_id(place: Place) -> None:
    found = keys(
        place,
        line(request_id="r", account_id="acme", api_key_ref="k"),
        line(request_id="r", account_id="other", api_key_ref="k"),
        line(request_id="r", account_id=..., api_key_ref="k"),
        line(request_id="r", account_id="unknown"),
    )
    assert found == [
        key_of("gateway", "acme", "k", "id", "0", "r"),
        key_of("gateway", "other", "k", "id", "0", "r"),
        key_of("gateway", None, "k", "id", "0", "r"),
        key_of("gateway", None, None, "id", "0", "r"),
    ]


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_a_placeholder_id_counts_as_absent_and_the_call_id_is_used(place: Place, placeholder: str) -> None:
    first, second = place.land_lines(
        line(request_id=placeholder, gateway_call_id="c1"), line(request_id=placeholder, gateway_call_id="c2")
    )
    assert (first["request_id"], second["request_id"]) == ("c1", "c2")
    used = "10,20,0.001000000000,false"
    assert first["request_key"] == key_of("gateway", "a1", None, "call", used, "c1") != second["request_key"]
    assert first["needs_overlap"]


@pytest.mark.parametrize("name", ["0", "7", "nobody", "Nonesuch", "null-island", "000a", "chatcmpl-0", "é" * 9])
def test_a_short_or_odd_id_is_a_valid_id(place: Place, name: str) -> None:
    (row,) = place.land_lines(line(request_id=name))
    assert row["request_id"] == name


def test_an_id_that_model_servers_number_is_not_used_as_an_identity(place: Place) -> None:
    counted = {"request_id": "chatcmpl-0"}
    first, second, first_repeated, no_call_id, no_call_id_later, no_call_id_repeated = place.land_lines(
        line(**counted, gateway_call_id="c1"),
        line(**counted, gateway_call_id="c2"),
        line(**counted, gateway_call_id="c1"),
        line(**counted),
        line(**counted, requested_at="2026-11-01T05:10:01Z"),
        line(**counted),
    )
    assert first["request_key"] == first_repeated["request_key"]
    assert no_call_id["request_key"] == no_call_id_repeated["request_key"]
    assert len({row["request_key"] for row in (first, second, no_call_id, no_call_id_later)}) == 4
    assert {row["request_id"] for row in (first, second, no_call_id, no_call_id_later)} == {"chatcmpl-0"}


def test_a_record_without_ids_is_identified_by_its_other_values(place: Place) -> None:
    rows = place.land_lines(
        line(request_id=...),
        line(request_id=..., cost_usd="0.0010"),
        line(request_id=..., cost_usd="0.002"),
        line(request_id=..., requested_at="2026-11-01T05:10:00.001Z"),
        line(request_id=..., account_id="a2"),
        line(request_id=..., operation="rerank"),
    )
    names = [row["request_id"] for row in rows]
    assert all(name.startswith("no-id-") for name in names)
    assert names[0] == names[1]
    assert len(set(names)) == len({row["request_key"] for row in rows}) == 5


def test_a_record_without_an_id_or_without_a_time_is_quarantined(place: Place) -> None:
    place.land_lines(line(request_id=..., requested_at=...), line(requested_at=...))
    assert place.reasons() == [(1, "missing_request_id"), (2, "missing_timestamp")]


def payload(later: float = 0, **changes: Any) -> bytes:
    """A LiteLLM record of a billed completion that began the given number of seconds later."""
    start = at("2026-11-01T05:10:00+00:00").timestamp() + later
    record = {
        "id": "x",
        "litellm_call_id": "c",
        "call_type": "acompletion",
        "status": "success",
        "custom_llm_provider": "openai",
        "startTime": start,
        "endTime": start + 1.5,
        "completionStartTime": start + 1.5,
        "model": "gpt-4o",
        "response_cost": 0.0016,
        "prompt_tokens": 400,
        "completion_tokens": 60,
        "metadata": {"user_api_key_team_id": "team", "user_api_key_hash": "hash"},
    }
    return json.dumps(record | changes).encode() + b"\n"


def land_calls(place: Place, *changes: dict[str, Any]) -> list[dict[str, Any]]:
    return place.land_lines(*(payload(**change) for change in changes))


def test_usage_is_part_of_the_identity_where_attempts_share_a_call_id(litellm: Place) -> None:
    failure = {
        "id": "c",
        "litellm_call_id": "c",
        "status": "failure",
        "response_cost": 0.0,
        "prompt_tokens": 0,
        "completion_tokens": 0,
    }
    paid, paid_repeated, paid_more, failed, retried = land_calls(
        litellm,
        {"id": "x", "litellm_call_id": "c"},
        {"id": "y", "litellm_call_id": "c"},
        {"id": "x", "litellm_call_id": "c", "response_cost": 0.5},
        failure,
        {**failure, "later": 1},
    )
    assert paid["request_key"] == paid_repeated["request_key"]
    assert paid["needs_overlap"]
    assert len({row["request_key"] for row in (paid, paid_more, failed, retried)}) == 4
    assert failed["request_key"] == key_of(
        "gateway", "team", "hash", "attempt", str(milliseconds(failed["requested_at"])), "c"
    )


def test_an_old_record_without_a_call_id_is_identified_by_its_id_and_start(litellm: Place) -> None:
    first, first_repeated, other = land_calls(
        litellm, {"id": "chatcmpl-0", "litellm_call_id": None}, {"id": "chatcmpl-0", "litellm_call_id": ""},
        {"id": "chatcmpl-0", "litellm_call_id": None, "later": 3},
    )  # fmt: skip
    assert first["request_key"] == first_repeated["request_key"] != other["request_key"]


@pytest.mark.parametrize(
    "read_changes",
    [
        {"call_type": "aretrieve_batch"},
        {"call_type": "acreate_batch"},
        {"call_type": "aresponses", "response": {"object": "response", "status": "queued", "id": "object"}},
        {
            "call_type": "aresponses",
            "response": {"object": "response", "status": "completed", "background": True, "id": "object"},
        },
        {"call_type": "aget_responses", "response": {"object": "response", "status": "completed", "id": "object"}},
    ],
)
def test_every_read_of_a_batch_job_or_response_belongs_to_its_purchase(
    litellm: Place, read_changes: dict[str, Any]
) -> None:
    first, second = land_calls(
        litellm,
        {"id": "object", "litellm_call_id": "c1", **read_changes},
        {"id": "object", "litellm_call_id": "c2", **read_changes, "later": 600},
    )
    assert first["request_key"] == second["request_key"] == key_of("gateway", "team", "hash", "id", "0", "object")
    assert not first["needs_overlap"]


def test_a_failed_read_is_a_request_of_its_own(litellm: Place) -> None:
    successful, failed = land_calls(
        litellm,
        {"id": "object", "litellm_call_id": "c1", "call_type": "aretrieve_batch"},
        {"id": "object", "litellm_call_id": "c2", "call_type": "aretrieve_batch", "status": "failure", "later": 600},
    )
    assert successful["request_key"] != failed["request_key"]
    assert (successful["operation"], failed["operation"]) == ("batch", "retrieval")


def test_a_passed_through_batch_job_is_identified_by_the_id_in_its_body(litellm: Place) -> None:
    body = json.dumps({"id": "msgbatch_1", "type": "message_batch", "processing_status": "ended"})
    passed: dict[str, Any] = {
        "call_type": "pass_through_endpoint",
        "metadata": {
            "user_api_key_team_id": "team",
            "user_api_key_request_route": "/anthropic/v1/messages/batches/msgbatch_1",
        },
        "response": {"response": body},
    }
    first, second = land_calls(
        litellm,
        {"id": "x", "litellm_call_id": "c1", **passed},
        {"id": "y", "litellm_call_id": "c2", **passed, "later": 600},
    )
    assert first["request_id"] == second["request_id"] == "msgbatch_1"
    assert first["request_key"] == second["request_key"]


@pytest.mark.parametrize(
    ("metadata", "account"),
    [
        ({"user_api_key_team_id": "t", "user_api_key_user_id": "default_user_id"}, "t"),
        ({"user_api_key_team_id": "litellm-dashboard", "user_api_key_user_id": "jo"}, "jo"),
        ({"user_api_key_team_id": None, "user_api_key_user_id": "default_user_id"}, "unknown"),
        ({"user_api_key_team_id": "None", "user_api_key_org_id": "", "user_api_key_user_id": "null"}, "unknown"),
        ({"user_api_key_end_user_id": "customer"}, "unknown"),
    ],
)
def test_a_gateways_placeholder_for_no_user_is_not_an_account(
    litellm: Place, metadata: dict[str, Any], account: str
) -> None:
    (row,) = land_calls(litellm, {"metadata": metadata})
    assert row["account_id"] == account


words = st.text(st.sampled_from(" |/0ab\u00e9\n"), min_size=1, max_size=4).map(lambda text: f"x{text}x")


@pytest.mark.long
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(words, words, words), min_size=2, max_size=30, unique=True))
def test_different_purchases_have_different_keys(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    place = make_place(tmp_path_factory.mktemp("keys"))
    lines = [line(request_id=name, account_id=account, api_key_ref=key) for name, account, key in rows]
    found = keys(place, *lines)
    place.inventory.close()
    assert len(set(found)) == len({(name, account) for name, account, _ in rows})


def test_an_inventory_of_another_format_is_refused_with_instructions(tmp_path: Path) -> None:
    lake = tmp_path / "home" / "lake"
    lake.mkdir(parents=True)
    Inventory(lake / "inventory.sqlite").close()
    Inventory(lake / "inventory.sqlite").close()
    with sqlite3.connect(lake / "inventory.sqlite") as db:
        db.execute(f"pragma user_version = {FORMAT - 1}")
    db.close()
    other = rf"is of format {FORMAT - 1}, and this version reads format {FORMAT},.*run its landing hours again"
    with pytest.raises(MakegoodError, match=other):
        Inventory(lake / "inventory.sqlite")
