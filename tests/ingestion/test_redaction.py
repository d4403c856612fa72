"""Keys, credentials and content are taken out of the texts that are kept as texts, first of all, and then they are cut."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_place import Place, line

from makegood.ingestion import redacting
from makegood.ingestion.texts.keys import has_key, readable, stored_name, table, without_keys
from makegood.ingestion.texts.masking import masked, masked_json

SECRET = "q7Zp-plain.secret_W3"
KEY = "sk-8aab240bba5f1c90d74bf75a05743e12"
FILL = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3kL5mN7pQ9rS1tU3vW5xY7zA9"
HEX = "8f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e8f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e"
KEYS = {
    "OpenAI": f"sk-{FILL[:40]}",
    "OpenAI project": f"sk-proj-{FILL[:40]}",
    "Anthropic": f"sk-ant-api03-{FILL[:40]}",
    "OpenRouter": f"sk-or-v1-{HEX}",
    "a key behind an underscore": f"user_sk-{FILL[:30]}",
    "Groq": f"gsk_{FILL[:40]}",
    "xAI": f"xai-{FILL[:40]}",
    "Perplexity": f"pplx-{FILL[:40]}",
    "NVIDIA": f"nvapi-{FILL[:40]}",
    "Replicate": f"r8_{FILL[:37]}",
    "Cerebras": f"csk-{FILL[:40].lower()}",
    "Google": f"AIza{FILL[:35]}",
    "Google OAuth": f"ya29.{FILL[:40]}",
    "Hugging Face": f"hf_{FILL[:34]}",
    "GitHub": f"ghp_{FILL[:36]}",
    "GitHub, fine grained": f"github_pat_{FILL[:40]}",
    "GitLab": f"glpat-{FILL[:20]}",
    "Slack": "xoxb-1234567890-abcdefghij",
    "Slack app": f"xapp-1-A012-345-{HEX[:20]}",
    "Stripe": f"sk_live_{FILL[:24]}",
    "Stripe webhook": f"whsec_{FILL[:32]}",
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "AWS session": "ASIAIOSFODNN7EXAMPLE",
    "Bedrock": f"ABSK{FILL[:40]}",
    "Azure": f"AccountKey={FILL[:60]}==",
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP",
    "a JSON web token that was cut": "eyJhbGciOiJIUzI1NiJ9",
    "npm": f"npm_{FILL[:36]}",
    "PyPI": f"pypi-AgEIcHlwaS5vcmc{FILL[:40]}",
    "SendGrid": f"SG.{FILL[:22]}.{FILL[:43]}",
    "Databricks": f"dapi{HEX[:32]}",
    "Docker": f"dckr_pat_{FILL[:27]}",
    "DigitalOcean": f"dop_v1_{HEX}",
    "Telegram": f"123456789:{FILL[:35]}",
    "Twilio": f"SK{HEX[:32]}",
    "Mailchimp": f"{HEX[:32]}-us12",
    "Vault": f"hvs.{FILL[:40]}",
    "LangSmith": f"lsv2_pt_{FILL[:40]}",
    "Langfuse": f"pk-lf-{FILL[:36]}",
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{FILL}\n{FILL}\n-----END RSA PRIVATE KEY-----",
    "bearer": f"bearer {FILL[:20]}",
    "BEARER": f"BEARER {FILL[:20]}",
    "Basic": "Basic dXNlcjpwYXNzd29yZA==",
}
PLACES = {
    "https://me:{}@example.org/v1": "https://[redacted]@example.org/v1",
    "https://{}@example.org/v1": "https://[redacted]@example.org/v1",
    "postgresql://app:{}@db/x": "postgresql://[redacted]@db/x",
    "https://x/y?key={}&model=m": "https://x/y?[redacted]",
    "https://x/y#access={}": "https://x/y?[redacted]",
    "/y?access_token={}": "/y?access_token=[redacted]",
    "/y?a=1&api-key={}": "/y?a=1&api-key=[redacted]",
    "/y?a=1&X-Amz-Signature={}": "/y?a=1&X-Amz-Signature=[redacted]",
    "Incorrect API key provided: {}.": "Incorrect API key provided: [redacted].",
}
CREDENTIALS: dict[str, Any] = {
    "header in an object": {"headers": {"Authorization": SECRET}},
    "several values": {"headers": {"set-cookie": [f"a={SECRET}", f"b]={SECRET}"]}},
    "list of pairs": {"headers": [["content-type", "json"], ["authorization", f"Basic {SECRET}"]]},
    "names and values": {"headers": [{"name": "Proxy-Authorization", "value": SECRET}]},
    "quote and backslash in the value": {"password": f"{SECRET}\"'\\{SECRET}"},
    "object under the name": {"credentials": {"user": "u", "of": [{"it": f"}}{SECRET}"}]}},
    "JSON within JSON": {"dump": json.dumps({"headers": {"authorization": SECRET}})},
    "JSON within JSON within JSON": {"dump": json.dumps({"dump": json.dumps({"authorization": SECRET})})},
    "a name in escapes": json.dumps({"password": SECRET}).replace("password", "p\\u0061ssword"),
    "a value in escapes": json.dumps({"x": KEY}).replace("sk-", "\\u0073k-"),
    "Python's own writing": f"{{'authorization': '{SECRET}', 'a': 1}}",
    "pairs in Python's own writing": f"[(b'x', 1), (b'cookie', b'{SECRET}')]",
    "lines of headers": f"POST /v1\r\nAuthorization: Bearer {SECRET}\r\nCookie: a={SECRET}; b={SECRET}\r\nhost: x",
    "quoted parameters": f"client(api_key=\"{SECRET}\", token='{SECRET}')",
    "JSON that was cut": json.dumps({"a": 1, "headers": {"x-api-key": f"{SECRET} and more"}})[:-10],
    "an object that was cut": json.dumps({"credentials": {"of": [SECRET, SECRET]}})[:-8],
    "a sentence": f"the password is {SECRET}",
    **{
        form: form.format(SECRET)
        for form in (
            "API key '{}' is invalid",
            "token {} expired",
            "--api-key {}",
            "<password>{}</password>",
            "password\t:\t{}",
            "secret: |\n  {}",
            "&quot;password&quot;:&quot;{}&quot;",
            "access_token%22%3A%22{}%22",
            "client_secret%3D{}",
            "authorization=Bearer%20{}",
            "%22authorization%22%3A%22Bearer%20{}%22",
            "your secret key is {}",
            "auth=('user', '{}')",
            "ApiKey {}",
            "jdbc:postgresql://h/db?user=u&password={}",
            "redis://:{}@h:6379/0",
            "AWS_SECRET_ACCESS_KEY={}",
            "Token token={}",
            "Pwd={};",
        )
    },
    "a connection string": f"Server=db;User=app;Password={SECRET};Encrypt=yes",
}
SAID = "Call me Ishmael"
CONTENT: dict[str, Any] = {
    "messages": {"messages": [{"role": "user", "content": SAID}]},
    "JSON within JSON": {"request_body": json.dumps({"messages": [{"role": "user", "content": SAID}]})},
    "Python's own writing": f"bad request: {{'messages': [{{'role': 'user', 'content': '{SAID}'}}]}}",
    "Python's call": f"Message(content='{SAID}', role='user')",
    "camelCase": {"userPrompt": SAID, "outputText": SAID},
    "an answer": {"response_text": SAID, "final_answer": SAID, "transcript": SAID},
    "tool arguments": {"tool_calls": [{"function": {"arguments": json.dumps({"story": SAID})}}]},
    "cut off": json.dumps({"prompt": f"{SAID} and so on"})[:-4],
    "a user's message": {"user_message": SAID},
}
PERSONS = {
    "Unauthorized for alice@example.com": "Unauthorized for [e-mail]",
    "blocked 203.0.113.7 at the door": "blocked [address] at the door",
    "blocked 2001:db8:1:2:3:4:5:6 at the door": "blocked [address] at the door",
    "no connection to 127.0.0.1:8000": "no connection to 127.0.0.1:8000",
    "phone=+49 171": "phone=[personal] 171",
}


@pytest.fixture(scope="module")
def macros() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(redacting.macros_sql())
        yield con


def looked_at(macros: duckdb.DuckDBPyConnection, look: str, texts: list[str]) -> list[bool]:
    rows = macros.execute(f"select {look}(unnest($texts))", {"texts": texts}).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_is_known_by_its_form(macros: duckdb.DuckDBPyConnection, kind: str) -> None:
    text = f"x {KEYS[kind]} y"
    assert looked_at(macros, "has_key", [text, f"({KEYS[kind]})"]) == [True, True]
    assert KEYS[kind][-12:] not in masked(text, 2000)
    assert masked(f"é {text} ü", 2000).startswith("é ")


@pytest.mark.parametrize("text", PLACES)
def test_a_key_of_no_known_form_is_known_by_where_it_stands(macros: duckdb.DuckDBPyConnection, text: str) -> None:
    assert looked_at(macros, "has_key", [text.format(SECRET)]) == [True]
    assert masked(text.format(SECRET), 2000) == without_keys(text.format(SECRET)) == PLACES[text]


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_a_credential_is_taken_out_of_a_text(macros: duckdb.DuckDBPyConnection, kind: str) -> None:
    value = CREDENTIALS[kind]
    text = value if isinstance(value, str) else json.dumps(value)
    for written in (text, f"Error: {text} at the end", f"{text} {text}"):
        assert SECRET not in readable(masked(written, 2000))
        assert KEY[-20:] not in masked(written, 2000)
        assert looked_at(macros, "is_suspicious", [written]) == [True]


@pytest.mark.parametrize("kind", CONTENT)
def test_content_is_taken_out_of_a_text(macros: duckdb.DuckDBPyConnection, kind: str) -> None:
    value = CONTENT[kind]
    text = value if isinstance(value, str) else json.dumps(value)
    for written in (text, f"bad request: {text}", f"bad request: {value}"):
        assert "Ishmael" not in masked(written, 2000)
        assert looked_at(macros, "is_suspicious", [written]) == [True]


@pytest.mark.parametrize("text", PERSONS)
def test_who_somebody_is_is_taken_out_of_a_text(text: str) -> None:
    assert masked(text, 2000) == PERSONS[text]


@pytest.mark.parametrize("secret", [f"password={SECRET}", KEYS["JSON web token"], KEY, f"https://{SECRET}@host/path"])
def test_a_text_is_cut_after_its_secrets_are_out(secret: str) -> None:
    for before in range(2000 - len(secret) - 2, 2001):
        cut = masked("x" * before + " " + secret + " and more", 2000)
        assert len(cut) <= 2000
        assert SECRET[:5] not in cut and KEY[3:12] not in cut and "eyJ" not in cut


def test_a_long_text_ends_before_what_may_be_half_a_secret() -> None:
    text = "x" * 65_530 + " " + f"password={SECRET}"
    assert masked(text, 65_536) == "x" * 65_530 + " "


KEPT_TEXTS = (
    'RateLimitError: {"error": {"message": "Too many", "code": 429}}',
    "max_tokens: 512 is more than 256; prompt_tokens=3",
    "Invalid type for messages[1]: expected a string",
    "a task-force asked for a token",
    "upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
    "The model `gpt-9` does not exist",
    "429 Too Many Requests, retry after 3.5s",
)


@pytest.mark.parametrize("text", KEPT_TEXTS)
def test_what_only_sounds_like_a_secret_stays(macros: duckdb.DuckDBPyConnection, text: str) -> None:
    assert masked(text, 2000) == text
    assert looked_at(macros, "is_suspicious", [text]) == [False]


def test_text_that_says_nothing_secret_is_landed_as_it_is_and_the_rest_is_masked(place: Place) -> None:
    secrets = [*KEYS.values(), *(value for value in CREDENTIALS.values() if isinstance(value, str))]
    place.land_lines(
        *(line(error_message=text) for text in KEPT_TEXTS), *(line(error_message=f"x {text}") for text in secrets)
    )
    messages = [row["error_message"] for row in place.rows("error_message")]
    expected = [*KEPT_TEXTS, *(masked(f"x {text}", 2000) for text in secrets)]
    assert [
        message
        for message, text in zip(messages, expected, strict=True)
        if message.split() != text.split() and "\n" not in text
    ] == []
    assert not any(SECRET in readable(message) or KEY[-20:] in message or FILL[:20] in message for message in messages)


IDS = ("request_id", "trace_id", "gateway_call_id", "account_id", "api_key_ref")
WORDS = ("model", "model_served", "provider", "native_finish_reason", "native_operation", "status_code", "error_code")


def test_an_id_that_is_a_key_is_stored_as_its_digest(place: Place) -> None:
    keys = [KEY, KEYS["GitHub"], f"?access_token={SECRET}", f"https://{SECRET}@x", "\\u0073k-abcdefgh"]
    rows = place.land_lines(
        *(line(request_id=f"r{n}", **{name: key}) for name in IDS[1:] for n, key in enumerate(keys)),
        *(line(request_id=key) for key in keys),
        line(request_id=KEY, model="n"),
    )
    found = {row["landing_line"]: row for row in rows}
    for at, name in enumerate(IDS[1:]):
        for n, key in enumerate(keys):
            assert found[1 + at * len(keys) + n][name] == f"sha256:{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    digests = [found[number]["request_id"] for number in range(len(found) - len(keys), len(found) + 1)]
    assert digests[0] == digests[-1] == f"sha256:{hashlib.sha256(KEY.encode()).hexdigest()[:16]}"
    assert len(set(digests)) == len(keys)
    assert SECRET.encode() not in place.stored_bytes()


def test_a_key_among_words_is_taken_out_of_them(place: Place) -> None:
    rows = place.land_lines(
        *(line(request_id=name, **{name: f"x {KEY} y"}) for name in WORDS),
        *(line(request_id=name, **{name: f"/v1?api-key={SECRET}"}) for name in WORDS),
        *(line(request_id=name, **{name: "x \\u0073k-abcdefgh y"}) for name in WORDS),
    )
    assert [row[name] for row, name in zip(rows, WORDS * 3, strict=True)] == [
        *["x [redacted] y"] * len(WORDS),
        *["/v1?api-key=[redacted]"] * len(WORDS),
        *["x [redacted] y"] * len(WORDS),
    ]


def test_ids_that_are_no_keys_stay(place: Place) -> None:
    ids = {
        "request_id": "req_sk_1",
        "account_id": "task-force",
        "api_key_ref": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05",
        "trace_id": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "gateway_call_id": "chatcmpl-9xJk2LmNoPqRsTuVwXyZ0123",
    }
    (row,) = place.land_lines(line(**ids))
    assert {name: row[name] for name in ids} == ids


def test_what_duckdb_says_of_a_bad_value_does_not_quote_it() -> None:
    with duckdb.connect() as con:
        with pytest.raises(duckdb.Error) as failed:
            con.execute("select cast('my knee hurts' as integer)")
        with pytest.raises(duckdb.Error) as unbound:
            con.execute("select no_such_column")
    assert "Could not convert string '…' to INT32" in redacting.reason_of(failed.value)
    assert '"no_such_column"' in redacting.reason_of(unbound.value)


def test_the_name_of_a_landing_file_holds_no_key(place: Place) -> None:
    place.put(f"{KEY}.jsonl", line())
    (file,) = place.land()
    assert file.landing_file == stored_name(f"landing/gateway/2026-11-01/05/{KEY}.jsonl")
    assert KEY.encode() not in place.stored_bytes()
    assert place.land() == []


def test_every_pattern_means_the_same_to_python_and_to_duckdb(macros: duckdb.DuckDBPyConnection) -> None:
    texts = [
        f"{before}{key}{after}" for key in KEYS.values() for before in ("", "x", "é ", "_") for after in ("", "é", "-")
    ]
    assert looked_at(macros, "has_key", texts) == [has_key(text) for text in texts]
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
def test_where_the_cheap_look_sees_nothing_there_is_nothing_to_take_out(
    macros: duckdb.DuckDBPyConnection, values: list[object], between: str
) -> None:
    texts = [f"{between}{json.dumps(value, ensure_ascii=False)}{between}" for value in values] + [
        str(value) for value in values
    ]
    for text, is_suspicious in zip(texts, looked_at(macros, "is_suspicious", texts), strict=True):
        assert is_suspicious or masked(text, 70_000) == text


@settings(max_examples=50, deadline=None)
@given(value=JSON)
def test_redacted_json_is_json(value: object) -> None:
    json.loads(masked_json(json.dumps(value)))


VERDICT = {
    "source": "gateway",
    "request_id": "r",
    "detector": "judge",
    "verdict": "unsatisfactory",
    "assessed_at": "2026-11-01T05:20:00Z",
}


def test_verdicts_hold_no_secret(place: Place) -> None:
    place.source = type(place.source)(
        "judge",
        place.source.adapter.parent.parent / "content_assessments.sql",
        place.source.files.replace("gateway", "judge"),
    )
    evidences = [*CREDENTIALS.values(), *CONTENT.values(), *KEYS.values(), {"reason": "too short", "score": 0.25}]
    lines = [{**VERDICT, "evidence": evidence, "category": f"{'x' * 190} password={SECRET}"} for evidence in evidences]
    lines += [{**VERDICT, name: KEY} for name in ("request_id", "detector", "detector_version", "category")]
    place.put("verdicts.jsonl", "\n".join(json.dumps(verdict) for verdict in lines).encode())
    (file,) = place.land()
    assert (file.records_read, file.landed_count) == (len(lines), len(lines))
    stored = readable(place.stored_bytes().decode())
    assert '{"reason": "too short", "score": 0.25}' in stored or '{"reason":"too short","score":0.25}' in stored
    for secret in (SECRET, KEY, "Ishmael", *(key[-12:] for key in KEYS.values())):
        assert secret not in stored
