"""No key, credential, prompt or answer is ever stored, neither in parts nor in quarantine."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from conftest import Place, line
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.ingestion.landing import HERE

SECRET = "q7Zp-plain.secret_W3"
KEYS = (
    "sk-8aab240bba5f1c90d74bf75a05743e12",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
    "xoxb-1234567890-abcdefghij",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP",
    "ASIAIOSFODNN7EXAMPLE",
    "hf_abcdefGHIJKLmnopQRSTuvwx",
    "glpat-abcDEF123_456-xyz7",
)
CREDENTIALS: dict[str, dict[str, Any]] = {
    "header in an object": {"headers": {"Authorization": SECRET}},
    "header with a space before the colon": {"headers": {"x-api-key ": 1, "api_key": SECRET}},
    "several values": {"headers": {"set-cookie": [f"a={SECRET}", f"b]={SECRET}"]}},
    "list of pairs": {"headers": [["content-type", "json"], ["authorization", f"Basic {SECRET}"]]},
    "names and values": {"headers": [{"name": "Proxy-Authorization", "value": SECRET}]},
    "quote and backslash in the value": {"password": f"{SECRET}\"'\\{SECRET}"},
    "object under the name": {"credentials": {"user": "u", "of": [{"it": f"}}{SECRET}"}]}},
    "JSON within JSON": {"dump": json.dumps({"headers": {"authorization": SECRET}})},
    "Python's own writing": {"dump": f"{{'authorization': '{SECRET}', 'a': 1}}"},
    "pairs in Python's own writing": {"dump": f"[(b'x', 1), ('cookie', '{SECRET}')]"},
    "header line": {"dump": f"POST /v1\r\nAuthorization: Bearer {SECRET}\r\nCookie: a={SECRET}; b={SECRET}\r\nhost: x"},
    "parameter of an URL": {"url": f"https://x/y?api_key={SECRET}&model=m"},
    "quoted parameter": {"dump": f"client(api_key=\"{SECRET}\", token='{SECRET}')"},
    "client secret": {"client_secret": SECRET},
}


@pytest.fixture(scope="module")
def macros() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute((HERE / "redaction.sql").read_text())
        yield con


PIPELINE = (
    "case when may_hold_secrets(without_first_key(text)) then json_redacted(text) else without_first_key(text) end"
)


def redacted(macros: duckdb.DuckDBPyConnection, texts: list[str], expression: str = PIPELINE) -> list[str]:
    rows = macros.execute(f"select {expression} from (select unnest($texts) as text)", {"texts": texts}).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_a_credential_in_meta_is_not_stored(place: Place, kind: str) -> None:
    meta = {"route": "kept", **CREDENTIALS[kind], "after": "kept too"}
    (row,) = place.land_lines(line(meta=meta))
    stored = json.loads(row["meta"])
    assert SECRET not in row["meta"]
    assert (stored["route"], stored["after"]) == ("kept", "kept too")
    assert stored.keys() == meta.keys()


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_a_credential_in_an_error_text_or_a_broken_line_is_not_stored(place: Place, kind: str) -> None:
    text = json.dumps(CREDENTIALS[kind])
    raw = [CREDENTIALS[kind][name] for name in ("dump", "url") if name in CREDENTIALS[kind]]
    place.land_lines(
        line(error_message=text),
        *(line(error_message=value) for value in raw),
        line(model=..., meta=CREDENTIALS[kind]),
        b"{" + text.encode(),
    )
    assert place.reasons() == [(2 + len(raw), "missing_model"), (3 + len(raw), "malformed_json")]
    assert SECRET.encode() not in place.stored_bytes()


@pytest.mark.parametrize("key", KEYS)
def test_what_looks_like_a_key_is_not_stored_anywhere(place: Place, key: str) -> None:
    place.land_lines(
        line(error_message=f"Incorrect API key provided: {key}."),
        line(meta={"deep": [{"er": f"x {key} y"}]}, unknown=key),
        line(model=..., unknown=key),
        f"not json {key}\n".encode(),
    )
    assert len(place.rows()) == 2
    assert len(place.quarantine()) == 2
    assert key.encode() not in place.stored_bytes()
    assert "provided: [redacted]." in place.rows("error_message")[0]["error_message"]


CARRIED = {
    "https://me:{}@example.org/v1": "https://[redacted]@example.org/v1",
    "https://x/y?key={}&model=m": "https://x/y?key=[redacted]&model=m",
    "https://x/y?a=1&sig={}": "https://x/y?a=1&sig=[redacted]",
    "Incorrect API key provided: {}.": "Incorrect API key provided: [redacted].",
}


@pytest.mark.parametrize("text", CARRIED)
def test_a_key_of_no_known_shape_is_seen_by_where_it_stands(place: Place, text: str) -> None:
    (row,) = place.land_lines(
        line(error_message=text.format(SECRET), error_code=text.format(SECRET), meta={"a": text.format(SECRET)})
    )
    assert (row["error_message"], row["error_code"], json.loads(row["meta"])) == (
        CARRIED[text],
        CARRIED[text],
        {"a": CARRIED[text]},
    )


IDS = ("request_id", "trace_id", "gateway_call_id", "account_id", "api_key_ref")
WORDS = ("model", "model_served", "provider", "native_finish_reason", "status_code", "error_code")


@pytest.mark.parametrize("name", IDS)
def test_an_id_that_is_a_key_is_stored_as_its_digest(place: Place, name: str) -> None:
    rows = place.land_lines(line(**{name: KEYS[0]}), line(**{name: KEYS[0], "model": "n"}), line(**{name: KEYS[1]}))
    first, second, third = (row[name] for row in rows)
    assert first == second == "sha256:" + hashlib.sha256(KEYS[0].encode()).hexdigest()[:16]
    assert third != first
    assert KEYS[0].encode() not in place.stored_bytes()


@pytest.mark.parametrize("name", WORDS)
def test_a_key_among_words_is_taken_out_of_them(place: Place, name: str) -> None:
    (row,) = place.land_lines(line(**{name: f"x {KEYS[0]} y"}))
    assert row[name] == "x [redacted] y"


def test_ids_that_are_no_keys_stay(place: Place) -> None:
    ids = {
        "request_id": "req_sk_1",
        "account_id": "task-force",
        "api_key_ref": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05",
    }
    (row,) = place.land_lines(line(**ids))
    assert {name: row[name] for name in ids} == ids


def test_what_only_sounds_like_a_credential_stays(place: Place) -> None:
    meta = {
        "max_tokens": 512,
        "api_key_ref": "ref",
        "used_client_oauth_token": False,
        "token": None,
        "error": {"type": "bad token", "code": "x"},
        "note": "token: ",
        "next": "a task-force asked",
    }
    (row,) = place.land_lines(line(meta=meta))
    assert json.loads(row["meta"]) == meta


def test_prompts_and_answers_are_not_stored(place: Place) -> None:
    said = "Call me Ishmael"
    content = {
        "messages": [{"role": "user", "content": said}],
        "prompt": [said, f'{said} "quoted" ]'],
        "response": {"choices": [{"message": {"content": said}}]},
        "input": said,
        "completion": said,
    }
    place.land_lines(
        line(**content),
        line(meta=content),
        line(meta={"request": {"body": content}}, other={"body": content}),
        line(model=..., **content),
        line(**content)[:-9] + b"\n",
        b'{"prompt": "' + said.encode(),
    )
    assert len(place.rows()) == 3
    assert len(place.quarantine()) == 3
    assert b"Ishmael" not in place.stored_bytes()


SAID = "Call me Ishmael"
DEEP: Any = SAID
for _ in range(12):
    DEEP = [DEEP]
CONTENT: dict[str, dict[str, Any]] = {
    "JSON within JSON": {"request_body": json.dumps({"messages": [{"role": "user", "content": SAID}]})},
    "JSON within JSON under any name": {"dump": json.dumps({"messages": [{"role": "user", "content": SAID}]})},
    "JSON within JSON within JSON": {"dump": json.dumps({"inner": json.dumps({"user_prompt": SAID})})},
    "Python's own writing": {"dump": f"bad request: {{'messages': [{{'role': 'user', 'content': '{SAID}'}}]}}"},
    "Python's call": {"dump": f"Message(content='{SAID}', role='user')"},
    "pairs": {"messages": [["user", SAID]]},
    "an object under the name": {"body": {"prompt": {"text_x": SAID}}},
    "parts": {"contents": [{"parts": [{"inline": SAID}]}]},
    "deeper than can be followed": {"messages": DEEP},
    **{
        name: {name: SAID}
        for name in (
            "user_prompt", "userPrompt", "question", "response_text", "output_text", "outputText", "transcript", "message",
            "user_message", "final_answer", "raw_completion", "requestBody", "user_input", "texts",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", CONTENT)
def test_content_is_not_stored_however_it_is_written(place: Place, kind: str) -> None:
    said = CONTENT[kind]
    text = json.dumps(said)
    place.land_lines(
        line(meta=said),
        line(meta={"a": {"b": [said]}}),
        line(meta=text),
        line(**said),
        line(model=..., **said),
        line(model=..., meta={"a": said}),
        line(model=..., meta={"a": said}, pad="x" * 70_000),
        b"{" + text.encode() + b"\n",
        text.encode()[:-3],
    )
    assert (len(place.rows()), len(place.quarantine())) == (4, 5)
    assert b"Ishmael" not in place.stored_bytes()


@pytest.mark.parametrize("kind", [kind for kind in CONTENT if not kind.endswith("message")])
def test_content_quoted_in_an_error_text_is_not_stored(place: Place, kind: str) -> None:
    said = CONTENT[kind]
    texts = [json.dumps(said), f"bad request: {said}", str(said.get("dump", ""))]
    place.land_lines(*(line(error_message=text) for text in texts))
    assert b"Ishmael" not in place.stored_bytes()
    assert place.rows("error_message")[1]["error_message"].startswith("bad request: {'")


def test_an_errors_own_message_stays(place: Place) -> None:
    text = 'RateLimitError: {"error": {"message": "Too many", "code": 429}}'
    (row,) = place.land_lines(line(error_message=text, meta={"error_message": "kept"}))
    assert (row["error_message"], json.loads(row["meta"])) == (text, {"error_message": "kept"})


def test_what_only_sounds_like_content_stays(place: Place) -> None:
    meta = {"context": "c", "prompt_tokens": 3, "input": 0.1, "response_id": "r", "text_tokens": None, "answered": [1]}
    (row,) = place.land_lines(line(meta=meta))
    assert json.loads(row["meta"]) == meta


def test_content_deeper_than_can_be_followed_takes_all_of_meta(place: Place) -> None:
    (row,) = place.land_lines(line(meta={"messages": DEEP}))
    assert json.loads(row["meta"]) == {"redacted": True}


def test_a_value_taken_out_leaves_the_rest_of_meta_in_place(place: Place) -> None:
    (row,) = place.land_lines(
        line(meta={"headers": {"user-agent": "curl", "authorization": "Bearer abc"}, "n": [1, {"x": 2}]})
    )
    assert json.loads(row["meta"]) == {
        "headers": {"user-agent": "curl", "authorization": "[redacted]"},
        "n": [1, {"x": 2}],
    }


NAMES = st.sampled_from(
    ["authorization", "x-api-key", "cookie", "token", "password", "max_tokens", "note", "a", "prompt", "message"]
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    [
        "token: ",
        "api_key=",
        "Bearer abcdefgh",
        "'",
        '"',
        "\\",
        "authorization",
        "[redacted]",
        "secret: [x",
        "cookie={",
        "'prompt': '",
        '"text": "',
        "https://u:p@h",
        "?key=a",
        "key provided: x",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXTS, inner, max_size=3),
    max_leaves=8,
)


EATEN = st.sampled_from(
    ["sk-a_prompt", "Bearer messages=", "Basic x_token", "hf_abcdefGHIJKLmnopQRSTcontent", "sk-key_text"]
)
DOCUMENTS = st.lists(st.dictionaries(NAMES | TEXTS | EATEN, JSON, max_size=4), min_size=1, max_size=40)


def written(values: list[dict[str, object]]) -> list[str]:
    return [json.dumps(value, ensure_ascii=is_ascii) for value in values for is_ascii in (True, False)]


@settings(max_examples=20, deadline=None)
@given(values=DOCUMENTS)
def test_redacted_json_is_json_for_any_json(macros: duckdb.DuckDBPyConnection, values: list[dict[str, object]]) -> None:
    for text in redacted(macros, written(values)):
        json.loads(text)


@settings(max_examples=20, deadline=None)
@given(values=DOCUMENTS)
def test_what_the_cheap_look_lets_pass_has_nothing_left_to_take_out(
    macros: duckdb.DuckDBPyConnection, values: list[dict[str, object]]
) -> None:
    texts = written(values)
    assert redacted(macros, texts) == redacted(macros, texts, "json_redacted(text)")
