"""Whether a record shows an answer (yes, no or not known), in the response format of every provider."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from makegood.ingestion.landing import HERE, MACROS

TOOL = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
REDACTED_TOOL = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "redacted-by-litellm"}}]


def chat(**message: Any) -> dict[str, Any]:
    """A chat completion with one choice."""
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant"} | message}],
    }


def gemini(*parts: dict[str, Any]) -> dict[str, Any]:
    """A response of Gemini's generateContent."""
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP"}]}


def responses(*items: dict[str, Any], status: str = "completed") -> dict[str, Any]:
    """A response of the Responses API."""
    return {"object": "response", "status": status, "output": list(items)}


def message(text: str, kind: str = "output_text") -> dict[str, Any]:
    """A message of the Responses API."""
    return {"type": "message", "content": [{"type": kind, "text" if kind == "output_text" else kind: text}]}


WITH_ANSWER = {
    "a text": chat(content="High water at 14:20."),
    "a zero": chat(content="0"),
    "the second of two choices": {"choices": [chat(content="")["choices"][0], chat(content="x")["choices"][0]]},
    "blocks of text": chat(content=[{"type": "text", "text": "a"}]),
    "a picture among the blocks": chat(content=[{"type": "image_url", "image_url": {"url": "data:"}}]),
    "a tool call": chat(content=None, tool_calls=TOOL),
    "a tool call whose arguments were redacted": chat(content=None, tool_calls=REDACTED_TOOL),
    "an old function call": chat(content=None, function_call={"name": "f", "arguments": "{}"}),
    "audio": chat(content=None, audio={"id": "a", "data": "UklGRg==", "transcript": ""}),
    "images": chat(content=None, images=[{"image_url": {"url": "data:image/png;base64,AAAA"}}]),
    "a refusal": chat(content=None, refusal="I cannot help with that."),
    "a legacy completion": {"object": "text_completion", "choices": [{"text": " high water", "finish_reason": "stop"}]},
    "an assembled stream": {"choices": [{"delta": {"content": "x"}}]},
    "blocks of Anthropic": {
        "type": "message",
        "content": [{"type": "thinking", "thinking": "…"}, {"type": "text", "text": "x"}],
    },
    "a tool of Anthropic": {"type": "message", "content": [{"type": "tool_use", "name": "f", "input": {}}]},
    "a message of the Responses API": responses(message("x")),
    "a message of the Responses API as a string": responses({"type": "message", "content": "x"}),
    "a refusal of the Responses API": responses(message("No.", "refusal")),
    "a function of the Responses API": responses({"type": "function_call", "name": "f", "arguments": "{}"}),
    "an image of the Responses API": responses({"type": "image_generation_call", "result": "AAAA"}),
    "a text of Gemini": gemini({"text": "x"}),
    "a function of Gemini": gemini({"functionCall": {"name": "f", "args": {}}}),
    "a picture of Gemini": gemini({"inlineData": {"mimeType": "image/png", "data": "AAAA"}}),
    "an image": {"created": 1, "data": [{"b64_json": "AAAA"}]},
    "an image's address": {"created": 1, "data": [{"url": "https://images.example/1.png"}]},
    "vectors": {"object": "list", "data": [{"object": "embedding", "embedding": [0.1, 0.2]}]},
    "a vector of Google": {"embedding": {"values": [0.1]}},
    "a vector in base64": {"data": [{"embedding": "AAAA"}]},
    "rankings": {"results": [{"index": 0, "relevance_score": 0.9}]},
    "a transcript": {"text": "hello"},
    "pages": {"pages": [{"index": 0, "markdown": "x"}]},
    "Cohere": {"message": {"role": "assistant", "content": [{"type": "text", "text": "x"}]}},
    "a tool call of Cohere's first API": {"text": "", "tool_calls": [{"name": "f", "parameters": {}}]},
    "a tool of Bedrock Converse": {"output": {"message": {"content": [{"toolUse": {"name": "f", "input": {}}}]}}},
    "blocks that are strings": chat(content=["High", " water"]),
    "a block of an object of text": chat(content=[{"type": "text", "text": {"value": "x"}}]),
    "a block without a kind": chat(content=[{"value": "x"}]),
    "a block of a kind of Mistral": chat(content=[{"type": "reference", "reference_ids": [1]}]),
    "Ollama chat": {"message": {"role": "assistant", "content": "x"}, "done": True},
    "Ollama generate": {"model": "m", "response": "{}", "done": True},
    "Bedrock Converse": {"output": {"message": {"role": "assistant", "content": [{"text": "x"}]}}},
    "a passed-through body as text": {"response": json.dumps(gemini({"text": "x"}))},
    "a body that is text itself": json.dumps(chat(content="x")),
    "half of it redacted": chat(
        content=[{"type": "text", "text": "redacted-by-litellm"}, {"type": "text", "text": " and more"}]
    ),
    "a text that was cut": chat(content="High wa... (litellm_truncated 9000 chars)"),
}
EMPTY = {
    "no text": chat(content=""),
    "null": chat(content=None, tool_calls=None, function_call=None),
    "blanks": chat(content=" \n\t"),
    "blanks of other kinds": chat(content="\u00a0\u3000\u2003"),
    "characters without width": chat(content="\u200b\u200d\ufeff\u2060"),
    "no blocks": chat(content=[]),
    "reasoning alone": chat(content="", reasoning_content="Let me think."),
    "a legacy completion": {"choices": [{"text": "", "finish_reason": "stop"}]},
    "only thinking of Anthropic": {"type": "message", "content": [{"type": "thinking", "thinking": "…"}]},
    "an empty Anthropic message": {"type": "message", "content": [], "stop_reason": "end_turn"},
    "nothing of the Responses API": responses(),
    "reasoning of the Responses API": responses(
        {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "…"}]}
    ),
    "an empty Gemini candidate": {"candidates": [{"finishReason": "STOP", "index": 0}]},
    "thoughts of Gemini": gemini({"text": "Let me think", "thought": True, "thoughtSignature": "s"}),
    "no image": {"created": 1, "data": []},
    "an image with empty data": {"created": 1, "data": [{"b64_json": "", "url": None}]},
    "audio of no length": chat(content=None, audio={"id": "a", "data": "", "transcript": ""}),
    "an image that failed": responses({"type": "image_generation_call", "status": "failed", "result": None}),
    "only thinking of Bedrock Converse": {
        "output": {"message": {"content": [{"reasoningContent": {"reasoningText": {"text": "Hm"}}}]}}
    },
    "an empty Bedrock Converse message": {"output": {"message": {"role": "assistant", "content": []}}},
    "blocks that are empty strings": chat(content=["", " "]),
    "no text in a transcript": {"text": ""},
}
UNKNOWN: dict[str, Any] = {
    "redacted by LiteLLM": chat(content="redacted-by-litellm"),
    "redacted by LiteLLM of old": chat(content="redacted by litellm. 'litellm.turn_off_message_logging=True'"),
    "every block redacted": chat(content=[{"type": "text", "text": "redacted-by-litellm"}] * 9),
    "reasoning redacted too": chat(content="redacted-by-litellm", reasoning_content="redacted-by-litellm"),
    "audio taken out": chat(content=None, audio=None),
    "the bytes of audio taken out": chat(content=None, audio={"id": "a", "expires_at": 1}),
    "the bytes of an image taken out": responses(
        {"type": "image_generation_call", "status": "completed", "result": None}
    ),
    "a legacy completion redacted": {"choices": [{"text": "redacted-by-litellm"}]},
    "Anthropic redacted": {"type": "message", "content": [{"type": "text", "text": "redacted-by-litellm"}]},
    "the Responses API redacted": responses(message("redacted-by-litellm")),
    "the whole response redacted": {"text": "redacted-by-litellm"},
    "a response that is a redacted text": "redacted-by-litellm",
    "Langfuse's mask": chat(content="<redacted>"),
    "a mask in brackets": chat(content="[REDACTED]"),
    "an omitted response": {"text": "response omitted by headers"},
    "stars": chat(content="*****"),
    "no field for a text": chat(),
    "no message": {"choices": [{"index": 0, "finish_reason": "stop"}]},
    "no choices": {"choices": []},
    "an image without its bytes": {"created": 1, "data": [{"b64_json": None, "url": None}]},
    "still in the queue": responses(status="queued"),
    "still being written": responses(status="in_progress"),
    "nothing": {},
    "null": None,
    "an empty text": "",
    "a text": "cannot parse chunks to standard response object. Chunks=[]",
    "a number": 3,
    "a list": [{"a": 1}],
    "an unknown format": {"outcome": {"words": ["x"]}},
    "a text that is an object": chat(content={"parts": ["x"]}),
    "a text that is a number": chat(content=7),
    "a legacy completion that is an object": {"choices": [{"text": {"value": "x"}, "finish_reason": "stop"}]},
    "a message of the Responses API that is an object": responses({"type": "message", "content": {"a": "x"}}),
    "a message of Ollama that is an object": {"message": {"role": "assistant", "content": {"a": "x"}}, "done": True},
    "an empty list of objects": {"object": "list", "data": []},
    "a batch": {"object": "batch", "status": "completed"},
}
CUT = {
    "by LiteLLM": chat(content="... (litellm_truncated 9000 chars)"),
    "by LiteLLM's safeguard": chat(
        content='{"a": "x... (litellm_truncated skipped 12 chars. Truncation is a DB storage safeguard.) ...y"}'
    ),
    "a picture": chat(content="data:image/png;base64,[base64_data truncated: 5.00MB]"),
    "by another logger": chat(content='{"a": "xxx ...[truncated]'),
    "with a count": chat(content='{"a": "xxx... (1200 more chars)'),
}


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        for name in MACROS:
            con.execute((HERE / name).read_text())
        yield con


def judged(con: duckdb.DuckDBPyConnection, response: Any) -> tuple[bool | None, bool]:
    """Whether the response shows an answer, and whether the answer was withheld from the log."""
    row = con.execute(
        "with bodies as (select body_of($response::json) as body), answers as (select answer_in(body) as answer from bodies)"
        " select shows_answer(answer), is_withheld(answer) from answers",
        {"response": json.dumps(response)},
    ).fetchone()
    assert row is not None
    return row[0], row[1]


@pytest.mark.parametrize("kind", WITH_ANSWER)
def test_an_answer_is_found_in_every_response_format(con: duckdb.DuckDBPyConnection, kind: str) -> None:
    assert judged(con, WITH_ANSWER[kind])[0] is True


@pytest.mark.parametrize("kind", EMPTY)
def test_an_empty_answer_is_recognized_as_empty(con: duckdb.DuckDBPyConnection, kind: str) -> None:
    assert judged(con, EMPTY[kind]) == (False, False)


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_redacted_missing_or_unknown_response_is_not_known(con: duckdb.DuckDBPyConnection, kind: str) -> None:
    assert judged(con, UNKNOWN[kind]) == (None, True)


@pytest.mark.parametrize("kind", CUT)
def test_an_answer_truncated_by_the_logger_exists_but_counts_as_withheld(
    con: duckdb.DuckDBPyConnection, kind: str
) -> None:
    assert judged(con, CUT[kind]) == (True, True)


def test_answer_text_that_resembles_a_redaction_mask_is_an_answer(con: duckdb.DuckDBPyConnection) -> None:
    for text in (
        "The names are redacted in the annex, as the court ordered.",
        "Nothing was removed.",
        "**bold**",
        "xx",
        "Hidden Valley Road 3",
    ):
        assert judged(con, chat(content=text)) == (True, False), text
