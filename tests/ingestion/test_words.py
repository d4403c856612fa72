"""The vocabulary tables: each word has one meaning, and words of gateways and providers have the right one."""

import csv
from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest
from landing_place import Place, line

from makegood.ingestion import words
from makegood.ingestion.landing import HERE

OPERATIONS = {
    *(
        "chat",
        "text_completion",
        "responses",
        "embeddings",
        "image_generation",
        "speech",
        "transcription",
        "rerank",
        "moderation",
    ),
    *("batch", "realtime", "tool", "retrieval", "health_check", "other"),
}
FINISHES = {"stop", "length", "tool_calls", "content_filter", "error", "cancelled", "other"}
ORIGINS = {"upstream", "gateway", "caller"}
FILTERS = (
    "content_filter", "content-filter", "ContentFilter", "CONTENT_FILTERED", "guardrail_intervened", "SAFETY", "RECITATION", "BLOCKLIST",
    "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR", "sensitive",
    "refusal", "ERROR_TOXIC", "FinishReason.SAFETY", "FINISH_REASON_SAFETY", "  Sensitive ",
)  # fmt: skip
BREAKS = (
    "abort", "Aborted", "network_error", "insufficient_system_resource", "error", "ERROR", "failed", "server_error", "internal_error",
    "malformed_model_output", "MALFORMED_FUNCTION_CALL", "upstream_error", "timed_out", "overloaded_error",
)  # fmt: skip
CUTS = (
    "length",
    "max_tokens",
    "MAX_TOKENS",
    "maxTokens",
    "max_output_tokens",
    "model_length",
    "model_context_window_exceeded",
    "token_limit",
)
NOT_KNOWN = ("brand_new_word", "OTHER", "unknown", "queued", "in_progress", "🙂")
CALLS = {
    "acompletion": "chat", "completion": "chat", "anthropic_messages": "chat", "agenerate_content_stream": "chat", "atext_completion": "text_completion",
    "aresponses": "responses", "aembedding": "embeddings", "aimage_edit": "image_generation", "passthrough-image-generation": "image_generation",
    "aspeech": "speech", "atranscription": "transcription", "arerank": "rerank", "amoderation": "moderation", "acreate_batch": "batch",
    "aretrieve_batch": "batch", "_arealtime": "realtime", "_aresponses_websocket": "realtime", "call_mcp_tool": "tool", "asearch": "tool",
    "avector_store_search": "tool", "aget_responses": "retrieval", "afile_content": "retrieval", "avideo_retrieve": "retrieval",
    "acreate_video": "other", "aocr": "other", "adelete_responses": "other", "execute_tool": "tool", "generate_content": "chat",
    "/v1/chat/completions": "chat", "chat.completions": "chat", "never heard of": "other",
}  # fmt: skip


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute((HERE / "macros.sql").read_text())
        words.load(con)
        yield con


@pytest.mark.parametrize("table", ["finish_reasons", "operations", "routes", "service_accounts"])
def test_no_word_is_listed_twice(con: duckdb.DuckDBPyConnection, table: str) -> None:
    keys = Counter(key for (key,) in con.execute(f"select key from {table}").fetchall())
    assert [key for key, count in keys.items() if count > 1] == []


def test_no_error_word_is_listed_twice_for_the_same_field(con: duckdb.DuckDBPyConnection) -> None:
    keys = Counter(con.execute("select place, key from error_origins").fetchall())
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize(
    ("table", "meanings"), [("finish_reasons", FINISHES), ("operations", OPERATIONS), ("error_origins", ORIGINS)]
)
def test_every_meaning_is_in_the_canonical_vocabulary(
    con: duckdb.DuckDBPyConnection, table: str, meanings: set[str]
) -> None:
    assert {meaning for (meaning,) in con.execute(f"select meaning from {table}").fetchall()} == meanings


def test_every_vocabulary_file_is_a_table_with_complete_rows() -> None:
    assert sorted(words.files()) == sorted(words.WORDS.glob("*.csv"))
    for file in words.files():
        with file.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert rows and all(None not in row and all(row.values()) for row in rows), file.name


def test_finish_reasons_have_the_meaning_that_their_providers_document(place: Place) -> None:
    meanings = {
        word: meaning
        for meaning, known in (("content_filter", FILTERS), ("error", BREAKS), ("length", CUTS))
        for word in known
    }
    meanings |= dict.fromkeys(NOT_KNOWN, "other")
    rows = place.land_lines(*(line(request_id=f"r{n}", finish_reason=word) for n, word in enumerate(meanings)))
    assert [(row["native_finish_reason"], row["finish_reason"]) for row in rows] == list(meanings.items())


def test_known_words_without_a_canonical_meaning_differ_from_unknown_words() -> None:
    assert words.unknown("operations", ["acreate_video", "acompletion", "adream"]) == {"adream"}
    assert words.unknown("finish_reasons", ["queued", "OTHER", "tired", "max-tokens"]) == {"tired"}
    assert words.unknown("operations", []) == set()


def test_an_empty_finish_reason_counts_as_missing(place: Place) -> None:
    assert [row["finish_reason"] for row in place.land_lines(line(finish_reason=""), line(finish_reason=None))] == [
        None,
        None,
    ]


def test_operation_words_are_normalized_and_the_native_word_is_kept(place: Place) -> None:
    rows = place.land_lines(*(line(request_id=f"r{n}", operation=word) for n, word in enumerate(CALLS)))
    assert [(row["native_operation"], row["operation"]) for row in rows] == list(CALLS.items())
    assert [row["operation"] for row in place.land_lines(line(operation=None), line(operation=""), line())] == [
        "chat"
    ] * 3
