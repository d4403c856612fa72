"""Landing of LiteLLM calls other than plain completions: operations, finish reasons, faults, costs and tokens."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from landing_place import Place, make_place
from litellm_kinds import GENUINE, KINDS, START


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """The landed row of each kind."""
    place = make_place(tmp_path_factory.mktemp("calls"), "litellm")
    records = []
    for number, (changes, _) in enumerate(KINDS.values()):
        record = copy.deepcopy(GENUINE) | {"startTime": START, "endTime": START + 2, "completionStartTime": START + 2}
        ids = {"id": f"id-{number}", "litellm_call_id": f"call-{number}"}
        records.append(json.dumps(record | copy.deepcopy(changes) | ids))
    place.put("calls.jsonl", "\n".join(records).encode())
    place.land()
    assert place.quarantine() == []
    landed = {row["landing_line"]: row for row in place.rows()}
    yield {kind: landed[number] for number, kind in enumerate(KINDS, 1)}
    place.inventory.close()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_call_lands_with_the_expected_columns(rows: dict[str, dict[str, Any]], kind: str) -> None:
    expected = KINDS[kind][1]
    assert {name: rows[kind][name] for name in expected} == expected


def test_listing_tools_is_not_a_request(litellm: Place) -> None:
    litellm.put(
        "tools.jsonl",
        json.dumps(
            GENUINE | {"call_type": "list_mcp_tools", "model": "", "startTime": START, "endTime": START}
        ).encode(),
    )
    (file,) = litellm.land()
    assert (file.landed_count, file.ignored_count, file.quarantined_count) == (0, 1, 0)


FOREIGN: dict[str, dict[str, Any]] = {
    "its table of spend": {
        "request_id": "chatcmpl-1", "call_type": "acompletion", "api_key": "hash", "spend": 0.01, "prompt_tokens": 10, "completion_tokens": 20,
        "startTime": START, "endTime": START + 2, "model": "gpt-4o", "status": "success", "team_id": "t",
    },
    "a row of Helicone": {"request_id": "h", "request_created_at": "2026-11-01T05:10:00Z", "request_model": "gpt-4o", "cost_usd": 0.01},
    "an observation of Langfuse": {"id": "o", "traceId": "t", "startTime": "2026-11-01T05:10:00Z", "model": "gpt-4o", "calculatedTotalCost": 0.01},
    "a canonical record": {"request_id": "c", "requested_at": "2026-11-01T05:10:00Z", "model": "gpt-4o", "cost_usd": 0.01},
}  # fmt: skip


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_record_of_another_format_is_quarantined_rather_than_landed_without_cost(litellm: Place, kind: str) -> None:
    litellm.put("rows.jsonl", json.dumps(FOREIGN[kind]).encode())
    litellm.land()
    assert litellm.reasons() == [(1, "another_format")]


def damaged(chances: random.Random, value: Any) -> Any:
    """The value with one random part replaced by a value of another type."""
    odd = chances.choice(
        [
            None,
            "",
            "x",
            0,
            -1,
            1.5,
            True,
            [],
            {},
            [None],
            {"": None},
            ["x", {"type": 3}],
            {"text": ["x"]},
            "\u2028",
            "[]",
            "{}",
        ]
    )
    if chances.random() < 0.25 or not isinstance(value, (dict, list)) or not value:
        return copy.deepcopy(odd)
    place = chances.choice(list(value)) if isinstance(value, dict) else chances.randrange(len(value))
    changed = copy.copy(value)
    changed[place] = damaged(chances, value[place])
    return changed


def test_a_record_with_any_value_anywhere_lands_or_is_quarantined(litellm: Place) -> None:
    chances = random.Random(15)
    kinds = list(KINDS.values())
    records = []
    for number in range(600):
        changes, _ = chances.choice(kinds)
        record = copy.deepcopy(GENUINE) | copy.deepcopy(changes)
        part = chances.choice(
            ["response", "response", "metadata", "error_information", "model_parameters", "cost_breakdown", *record]
        )
        record |= {
            "startTime": START,
            "endTime": START + 2,
            part: damaged(chances, record.get(part)),
            "id": f"id-{number}",
        }
        records.append(json.dumps(record))
    litellm.put("damaged.jsonl", "\n".join(records).encode())
    (file,) = litellm.land()
    assert file.records_read == file.landed_count + file.quarantined_count + file.ignored_count == len(records)
    assert file.landed_count > 400
