"""Masking removes keys, credentials, content and personal data, and the cheap check in SQL misses no text that needs it."""

import json

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from secret_texts import CONTENT, CREDENTIALS, KEPT_TEXTS, KEY, KEYS, PERSONS, PLACES, SECRET

from makegood.ingestion.texts.keys import has_key, readable, table, without_keys
from makegood.ingestion.texts.masking import masked, masked_json


def checked(macros: duckdb.DuckDBPyConnection, look: str, texts: list[str]) -> list[bool]:
    rows = macros.execute(f"select {look}(unnest($texts))", {"texts": texts}).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_is_recognized_by_its_format(macros: duckdb.DuckDBPyConnection, kind: str) -> None:
    text = f"x {KEYS[kind]} y"
    assert checked(macros, "has_key", [text, f"({KEYS[kind]})"]) == [True, True]
    assert KEYS[kind][-12:] not in masked(text, 2000)
    assert masked(f"é {text} ü", 2000).startswith("é ")


@pytest.mark.parametrize("text", PLACES)
def test_a_key_of_unknown_format_is_recognized_by_its_context(macros: duckdb.DuckDBPyConnection, text: str) -> None:
    assert checked(macros, "has_key", [text.format(SECRET)]) == [True]
    assert masked(text.format(SECRET), 2000) == without_keys(text.format(SECRET)) == PLACES[text]


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_a_credential_is_removed_from_a_text(macros: duckdb.DuckDBPyConnection, kind: str) -> None:
    value = CREDENTIALS[kind]
    text = value if isinstance(value, str) else json.dumps(value)
    for message in (text, f"Error: {text} at the end", f"{text} {text}"):
        assert SECRET not in readable(masked(message, 2000))
        assert KEY[-20:] not in masked(message, 2000)
        assert checked(macros, "is_suspicious", [message]) == [True]


@pytest.mark.parametrize("kind", CONTENT)
def test_content_is_removed_from_a_text(macros: duckdb.DuckDBPyConnection, kind: str) -> None:
    value = CONTENT[kind]
    text = value if isinstance(value, str) else json.dumps(value)
    for message in (text, f"bad request: {text}", f"bad request: {value}"):
        assert "Ishmael" not in masked(message, 2000)
        assert checked(macros, "is_suspicious", [message]) == [True]


@pytest.mark.parametrize("text", PERSONS)
def test_personal_data_is_removed_from_a_text(text: str) -> None:
    assert masked(text, 2000) == PERSONS[text]


@pytest.mark.parametrize("secret", [f"password={SECRET}", KEYS["JSON web token"], KEY, f"https://{SECRET}@host/path"])
def test_a_text_is_truncated_only_after_its_secrets_are_removed(secret: str) -> None:
    for before in range(2000 - len(secret) - 2, 2001):
        masked_text = masked("x" * before + " " + secret + " and more", 2000)
        assert len(masked_text) <= 2000
        assert SECRET[:5] not in masked_text and KEY[3:12] not in masked_text and "eyJ" not in masked_text


def test_a_long_text_is_truncated_before_a_possible_partial_secret() -> None:
    text = "x" * 65_530 + " " + f"password={SECRET}"
    assert masked(text, 65_536) == "x" * 65_530 + " "


@pytest.mark.parametrize("text", KEPT_TEXTS)
def test_harmless_text_that_resembles_a_secret_stays(macros: duckdb.DuckDBPyConnection, text: str) -> None:
    assert masked(text, 2000) == text
    assert checked(macros, "is_suspicious", [text]) == [False]


def test_every_pattern_matches_the_same_texts_in_python_and_duckdb(macros: duckdb.DuckDBPyConnection) -> None:
    texts = [
        f"{before}{key}{after}" for key in KEYS.values() for before in ("", "x", "é ", "_") for after in ("", "é", "-")
    ]
    assert checked(macros, "has_key", texts) == [has_key(text) for text in texts]
    assert len(table("keys.tsv", delimiter="\t")) > 90


NAMES = st.sampled_from(
    ["authorization", "x-api-key", "cookie", "max_tokens", "note", "a", "prompt", "message", "value", "name"]
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    [
        "token: ", "api_key=", "Bearer abcdefgh", "'", '"', "\\", "\\u0073k-abcd", "authorization", "[redacted]", "secret: [x", "cookie={",
        "'prompt': '", '"text": "', "https://u:p@h", "?key=a", "key provided: x", "a@b.c", "1.2.3.4", "\\/",
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.long
@settings(max_examples=20, deadline=None)
@given(values=st.lists(JSON, min_size=1, max_size=40), between=TEXTS)
def test_texts_that_pass_the_cheap_check_contain_nothing_to_mask(
    macros: duckdb.DuckDBPyConnection, values: list[object], between: str
) -> None:
    texts = [f"{between}{json.dumps(value, ensure_ascii=False)}{between}" for value in values] + [
        str(value) for value in values
    ]
    for text, is_suspicious in zip(texts, checked(macros, "is_suspicious", texts), strict=True):
        assert is_suspicious or masked(text, 70_000) == text


@settings(max_examples=50, deadline=None)
@given(value=JSON)
def test_redacted_json_is_still_valid_json(value: object) -> None:
    json.loads(masked_json(json.dumps(value)))
