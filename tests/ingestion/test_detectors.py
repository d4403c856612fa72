"""The built-in detectors: what they must flag and must not flag, on genuine records with replaced answers."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from answered_records import Found, answered, findings, found, landed, responded
from landing_place import Place, make_place

from makegood.generation.samples import install_samples
from makegood.ingestion.sources import ADAPTERS, Source


def test_empty_answers_are_flagged_unless_they_have_other_output(litellm: Place) -> None:
    call = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    assert landed(
        litellm,
        answered("nothing", None),
        answered("no text", ""),
        answered("blanks", " \n\t "),
        answered("no blocks", []),
        answered("a block without text", [{"type": "text", "text": ""}]),
        answered("a tool call", None, "tool_calls", tool_calls=call),
        answered("a tool call that says stop", "", "stop", tool_calls=call),
        answered("an old function call", None, "stop", function_call={"name": "f", "arguments": "{}"}),
        answered("a refusal", None, refusal="I cannot help with that."),
        answered("an image", None, images=[{"image_url": {"url": "data:image/png;base64,AAAA"}}]),
        answered("filtered", None, "content_filter"),
        answered("a word", "Yes"),
        answered("a block", [{"type": "text", "text": "Yes"}]),
        answered("a zero", "0"),
    ) == {name: {"empty_completion"} for name in ("nothing", "no text", "blanks", "no blocks", "a block without text")}


def test_a_truncated_or_filtered_choice_is_not_flagged_as_invalid_json(litellm: Place) -> None:
    json_requested = {"response_format": {"type": "json_object"}}

    def chosen(request_id: str, *choices: tuple[str, str]) -> dict[str, Any]:
        fields = [{"finish_reason": end, "message": {"content": text}} for end, text in choices]
        return responded(request_id, {"choices": fields}, json_requested)

    assert landed(
        litellm,
        chosen("the second was cut", ("stop", "{}"), ("length", '{"a":')),
        chosen("the first was filtered", ("content_filter", '{"a":'), ("stop", "{}")),
        chosen("the second ended in a new word", ("stop", "{}"), ("tired", '{"a":')),
        chosen("the second is none", ("stop", "{}"), ("stop", '{"a":')),
    ) == {"the second is none": {"invalid_json"}}


def test_answers_in_other_response_formats_are_read(litellm: Place) -> None:
    json_requested = {"text": {"format": {"type": "json_schema"}}}
    content = [{"type": "output_text", "text": "no JSON"}]
    assert landed(
        litellm,
        responded("blocks", {"content": [{"type": "text", "text": "Yes"}], "stop_reason": "end_turn"}),
        responded("only thinking", {"content": [{"type": "thinking", "thinking": "Hm"}], "stop_reason": "end_turn"}),
        responded("tool use", {"content": [{"type": "tool_use", "name": "f"}], "stop_reason": "tool_use"}),
        responded(
            "items", {"output": [{"type": "reasoning"}, {"type": "message", "content": content}], "status": "completed"}
        ),
        responded("items, as JSON", {"output": [{"type": "message", "content": content}]}, json_requested),
        responded("only reasoning", {"output": [{"type": "reasoning"}], "status": "completed"}),
        responded("function call", {"output": [{"type": "function_call", "name": "f"}], "status": "completed"}),
        responded("vectors", {"data": [{"embedding": [0.1]}], "object": "list"}),
    ) == {
        "only thinking": {"empty_completion"},
        "only reasoning": {"empty_completion"},
        "items, as JSON": {"invalid_json"},
    }


def test_json_is_only_checked_if_the_request_asked_for_it(litellm: Place) -> None:
    json_requested: dict[str, Any] = {"response_format": {"type": "json_object"}}
    schema: dict[str, Any] = {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}
    call = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    assert landed(
        litellm,
        answered("object", '{"a": [1, 2.5e3, null, "\\u00e9"]}', parameters=json_requested),
        answered("blanks around", '\n {"a": 1} \n', parameters=schema),
        answered("prose", "Here is the JSON that you asked for: {}", parameters=json_requested),
        answered("broken", '{"a": 1,}', parameters=schema),
        answered("not a number", '{"a": NaN}', parameters=schema),
        answered("a comma in a string", '{"a": ",]", "nan": "Infinity"}', parameters=schema),
        answered("fenced", '```json\n{"a": 1}\n```', parameters=json_requested),
        answered("prose, not asked", "Here you are."),
        answered("text asked", "Here you are.", parameters={"response_format": {"type": "text"}}),
        answered("empty", "", parameters=json_requested),
        answered("tool call", "calling", parameters=json_requested, tool_calls=call),
        answered("cut by the caller", '{"a": ', "length", {**json_requested, "max_tokens": 100}),
        answered("cut, limit unknown", '{"a": ', "length", json_requested),
        answered("truncated below the limit", '{"a": ', "length", {**json_requested, "max_tokens": 101}),
    ) == {
        "prose": {"invalid_json"},
        "broken": {"invalid_json"},
        "not a number": {"invalid_json"},
        "fenced": {"invalid_json"},
        "empty": {"empty_completion"},
        "truncated below the limit": {"truncated"},
    }


def test_an_answer_that_ended_at_the_callers_own_limit_is_not_truncated(litellm: Place) -> None:
    assert landed(
        litellm,
        answered("below", "And so", "length", {"max_tokens": 101}),
        answered("at", "And so", "length", {"max_tokens": 100}),
        answered("above", "And so", "length", {"max_completion_tokens": 99}),
        answered("no limit known", "And so", "length"),
        answered("stopped", "And so.", "stop", {"max_tokens": 4096}),
    ) == {"below": {"truncated"}}


def test_failed_and_cancelled_requests_are_not_judged(litellm: Place) -> None:
    failed = answered("failed", "", parameters={"max_tokens": 5}) | {"status": "failure"}
    left = answered("left", "") | {"error_information": {"error_code": "499"}}
    assert landed(litellm, failed, left) == {}


def test_landing_a_log_again_replaces_its_findings(litellm: Place) -> None:
    assert landed(litellm, answered("a", "")) == {"a": {"empty_completion"}}
    assert landed(litellm, answered("a", "Yes")) == {}


def test_log_formats_without_answers_give_no_findings(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    assert place.source.responses is None
    place.land_lines(json.dumps({"request_id": "r", "requested_at": "2026-11-01T05:10:00Z", "model": "m"}).encode())
    assert findings(place) == []
    place.inventory.close()


def test_findings_on_genuine_records_match_their_raw_json(tmp_path: Path) -> None:
    place = make_place(tmp_path, "litellm")
    place.source = Source("litellm", ADAPTERS / "litellm.sql", str(tmp_path / "landing/litellm/**/{date}/{hour}/*"))
    place.land(*(hour.replace(tzinfo=None) for hour in install_samples(tmp_path / "landing")))
    expected: Found = {}
    for file in (tmp_path / "landing").rglob("*.json*"):
        content = file.read_bytes()
        for text in (gzip.decompress(content) if file.suffix == ".gz" else content).decode().split("\n"):
            if text and (detectors := set(_expected(json.loads(text)))):
                expected[json.loads(text)["id"]] = detectors
    assert found(place) == expected
    assert {name for detectors in expected.values() for name in detectors} == {
        "empty_completion",
        "repetition_loop",
        "truncated",
    }
    place.inventory.close()


def _expected(raw: dict[str, Any]) -> Iterator[str]:
    """The detectors that should flag a genuine record, computed in plain Python."""
    choices = raw["response"].get("choices") if isinstance(raw["response"], dict) else None
    if raw["status"] != "success" or not choices or raw["error_information"].get("error_code") == "499":
        return
    message, finish = choices[0]["message"], choices[0]["finish_reason"]
    if finish == "content_filter":
        return
    content = message.get("content") or ""
    if not content.strip() and not message.get("tool_calls"):
        yield "empty_completion"
    limit = raw["model_parameters"].get("max_tokens") or raw["model_parameters"].get("max_output_tokens")
    has_usage = raw["prompt_tokens"] or raw["completion_tokens"]
    if finish == "length" and limit and has_usage and raw["completion_tokens"] < limit:
        yield "truncated"
    loop = re.search(r"(.+?)\1{7,}$", content, re.DOTALL)
    if loop and len(loop.group(0)) >= max(512, len(content) // 2):
        yield "repetition_loop"
