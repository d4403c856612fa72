"""What is kept of meta: values known to be harmless, all field names, and otherwise only numbers, booleans and times."""

import json
from dataclasses import replace
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from landing_place import Place, line, make_place

from makegood.ingestion.texts.forms import KINDS
from makegood.ingestion.texts.keeping import SHORT_FORMS, USUAL, Rules, wrong_path
from makegood.ingestion.texts.keys import table

CONTENT, CREDENTIAL, PERSONAL = (f"[not kept: {kind}]" for kind in ("content", "credential", "personal"))
NOT_KEPT = "[not kept]"


def kept(meta: Any, adapter: str = "canonical", keep: tuple[str, ...] = ()) -> Any:
    return json.loads(Rules(adapter, keep).kept(json.dumps(meta)))


KEPT: dict[str, tuple[Any, Any]] = {
    "headers that are listed": (
        {"headers": {"Content-Type": "application/json; charset=utf-8", "X-RateLimit-Reset-Requests": "6m0s", "Server": "uvicorn"}},
        {"headers": {"Content-Type": "application/json; charset=utf-8", "X-RateLimit-Reset-Requests": "6m0s", "Server": "uvicorn"}},
    ),
    "headers that are not": ({"headers": {"x-tenant": "acme", "x-cost": 3}}, {"headers": {"x-tenant": NOT_KEPT, "x-cost": 3}}),
    "headers as pairs": (
        {"headers": [["Authorization", "Bearer x"], ["x-request-id", "req_1"]]},
        {"headers": [["Authorization", CREDENTIAL], ["x-request-id", "req_1"]]},
    ),
    "headers as names and values": (
        {"headers": [{"name": "cookie", "value": "a=b"}, {"name": "server", "value": "uvicorn"}]},
        {"headers": [{"name": "cookie", "value": CREDENTIAL}, {"name": "server", "value": "uvicorn"}]},
    ),
    "a listed name in another place": ({"note": {"server": "uvicorn"}}, {"note": {"server": NOT_KEPT}}),
    "a listed name with another form": ({"headers": {"server": "I live in Berlin"}}, {"headers": {"server": NOT_KEPT}}),
    "texts": ({"a": "hello", "b": ["x", {"c": "y"}]}, {"a": NOT_KEPT, "b": [NOT_KEPT, {"c": NOT_KEPT}]}),
    "a text that is empty": ({"a": ""}, {"a": ""}),
    "numbers, truth values and times": (
        {"a": 1, "b": -0.25, "c": True, "d": None, "e": "2026-11-01T05:10:00Z", "f": "Sun, 29 Nov 2026 01:59:05 GMT"},
        {"a": 1, "b": -0.25, "c": True, "d": None, "e": "2026-11-01T05:10:00Z", "f": "Sun, 29 Nov 2026 01:59:05 GMT"},
    ),
    "times since 1970": ({"a": 1795842670, "b": 1795842670123, "c": 1795842670.5}, {"a": 1795842670, "b": 1795842670123, "c": 1795842670.5}),
    "a day that may be a birthday": ({"a": "1980-05-04"}, {"a": NOT_KEPT}),
    "numbers that are long": ({"a": 4111111111111111, "b": 2025550123, "c": 491711234567}, {"a": NOT_KEPT, "b": NOT_KEPT, "c": NOT_KEPT}),
    "numbers that name somebody": ({"phone": 12345, "pin": 1234, "otp": 99, "zip": 12345}, {"phone": PERSONAL, "pin": CREDENTIAL, "otp": CREDENTIAL, "zip": PERSONAL}),
    "many numbers": ({"vector": [0.1] * 40}, {"vector": NOT_KEPT}),
    "content": (
        {"messages": [{"content": "x"}], "tool": {"arguments": {"amount": 5}}, "prompt_variables": {"a": 1}, "input": [1, 2]},
        {"messages": CONTENT, "tool": {"arguments": CONTENT}, "prompt_variables": CONTENT, "input": CONTENT},
    ),
    "credentials": ({"db": {"pwd": "x", "dsn": "y"}, "used_client_oauth_token": False}, {"db": {"pwd": CREDENTIAL, "dsn": CREDENTIAL}, "used_client_oauth_token": False}),
    "who somebody is": ({"user_email": "a@b.c", "client_ip": "10.0.0.1", "end_user": "anna"}, {"user_email": PERSONAL, "client_ip": PERSONAL, "end_user": PERSONAL}),
    "counts with such names": ({"usage": {"input": 3, "output": 4, "prompt_tokens": 5}, "max_tokens": 7}, {"usage": {"input": 3, "output": 4, "prompt_tokens": 5}, "max_tokens": 7}),
    "an error": ({"error": {"type": "rate_limit_error", "code": "429_X", "message": "hello"}}, {"error": {"type": "rate_limit_error", "code": "429_X", "message": CONTENT}}),
    "names that are values": (
        {"alice@example.com": 1, "my knee hurts": 2, "sk-abcdefghijkl": 3, "8f3a1c5e7b9d2f4a": 4, "4915112345678": 5, "PRIVATE0001": 0, "kept": 6},
        {"kept": 6, "[names not kept]": 6},
    ),
    "JSON within a text": ({"dump": '{"server": "x"}'}, {"dump": NOT_KEPT}),
    "a text alone": ("hello", NOT_KEPT),
    "a list": ([1, "x"], [1, NOT_KEPT]),
    "a key in a listed place": ({"headers": {"x-request-id": "sk-abcdefghijkl"}}, {"headers": {"x-request-id": "sha256:e2fcb0cb3f9cb3c7"}}),
}  # fmt: skip


@pytest.mark.parametrize("kind", KEPT)
def test_meta_keeps_only_harmless_values(kind: str) -> None:
    meta, expected = KEPT[kind]
    if kind == "a key in a listed place":
        assert kept(meta)["headers"]["x-request-id"].startswith("sha256:")
    else:
        assert kept(meta) == expected


def test_user_query_and_fragment_are_removed_from_urls() -> None:
    urls = {
        "https://own.example/v1?code=S&key=S": "https://own.example/v1",
        "https://u:p@own.example:8443/v1/x#S": "https://own.example:8443/v1/x",
        "https://own.example/8f3a1c5e7b9d2f4a6c8e/v1": f"https://own.example/{NOT_KEPT}/v1",
        "not a URL": NOT_KEPT,
        "postgresql://app:x@db/x": NOT_KEPT,
        "https://[::1": NOT_KEPT,
    }
    for url, kept_url in urls.items():
        assert kept({"api_base": url}, "litellm") == {"api_base": kept_url}


def test_numbers_keep_their_digits() -> None:
    meta = '{"cost":1.0199999999999999e-05,"exact":0.001600000000000000000012}'
    assert Rules("canonical").kept(meta) == meta


@pytest.mark.parametrize(
    "meta",
    ['{"a":NaN}', "[" * 5000 + "]" * 5000, '{"a":', "", '{"a":' * 60 + "1" + "}" * 60, '{"\\ud800":1,"b":"\\ud800"}'],
)
def test_unreadable_meta_is_dropped_and_stops_nothing(meta: str) -> None:
    json.loads(Rules("canonical").kept(meta))


def test_a_source_can_keep_more_paths_and_keys_are_still_removed() -> None:
    meta = {"context": {"plan": "gold card", "who": "anna"}, "tags": ["a b", {"x": "y z"}], "url": "https://u:p@h/x"}
    assert kept(meta, keep=("context.plan", "tags", "url")) == {
        "context": {"plan": "gold card", "who": NOT_KEPT},
        "tags": ["a b", {"x": "y z"}],
        "url": "https://[redacted]@h/x",
    }
    assert kept({"other": {"context": {"plan": "x"}}}, keep=("context.plan",)) == {
        "other": {"context": {"plan": NOT_KEPT}}
    }


def test_a_changed_keep_list_lands_the_files_of_the_source_again(place: Place) -> None:
    (row,) = place.land_lines(line(meta={"context": {"plan": "gold"}}))
    assert json.loads(row["meta"]) == {"context": {"plan": NOT_KEPT}}
    place.source = replace(place.source, keep=("context.plan",))
    (row,) = place.land_lines(line(meta={"context": {"plan": "gold"}}))
    assert json.loads(row["meta"]) == {"context": {"plan": "gold"}}


@pytest.mark.parametrize("path", ["", "*", "a..b", "a b", 5, "messages", "context.api_key", "user.email", "$.a"])
def test_an_invalid_path_or_one_to_values_that_are_never_kept_is_refused(path: object) -> None:
    assert wrong_path(path)


def test_every_kind_in_the_list_is_known() -> None:
    known = {*KINDS, "url", "number", "content", "credential", "personal"}
    assert {kind for _, _, kind in table("harmless.csv")} <= known
    assert {kind for _, kind in table("names.csv")} == {"content", "credential", "personal"}
    assert all(Rules("*").kind_at(*filter(None, (container, name))) in {*SHORT_FORMS, "number"} for container in USUAL for name in USUAL[container])  # fmt: skip


def usual_objects(container: str | None) -> st.SearchStrategy[dict[str, Any]]:
    rules = Rules("*")
    values = {
        name: st.none() | st.integers(-9, 10**9) | st.floats(0, 10).map(lambda number: round(number, 6)) | st.from_regex(SHORT_FORMS.get(str(rules.kind_at(*filter(None, (container, name)))), "x"), fullmatch=True)
        for name in USUAL[container]
    }  # fmt: skip
    return st.fixed_dictionaries({}, optional=values)


USUAL_META = st.fixed_dictionaries({}, optional={name: usual_objects(name) for name in USUAL if name}).flatmap(
    lambda inner: usual_objects(None).map(lambda outer: {**outer, **inner})
)
ANY_META = st.recursive(
    st.none() | st.booleans() | st.integers(0, 10**17) | st.sampled_from(["x", "us-east-1", "/v1/chat", "curl/8.5.0", "Bearer abcdef", "sk-abcdefgh"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["headers", "x-request-id", "route", "context", "authorization", "a"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(meta_values=st.lists(USUAL_META | ANY_META, min_size=1, max_size=20))
def test_meta_that_the_sql_shortcut_keeps_is_kept_unchanged_by_python(
    macros: duckdb.DuckDBPyConnection, meta_values: list[Any]
) -> None:
    texts = [json.dumps(meta, separators=(",", ":")) for meta in meta_values]
    rows = macros.execute(
        "select without_first_credential(text), is_harmless(without_first_credential(text)) from (select unnest($texts) as text)",
        {"texts": texts},
    ).fetchall()
    for text, (cleaned, is_harmless) in zip(texts, rows, strict=True):
        assert not is_harmless or json.loads(Rules("canonical").kept(text)) == json.loads(cleaned)


def test_usual_meta_takes_the_sql_shortcut(macros: duckdb.DuckDBPyConnection) -> None:
    usual = {"headers": {"user-agent": "curl/8.5.0", "authorization": "Bearer sk-abc", "x-request-id": "req_8f3a1c5e"}, "parameters": {"stream": True}, "region": "us-east-1"}  # fmt: skip
    row = macros.execute(
        "select is_harmless(without_first_credential(?))", [json.dumps(usual, separators=(",", ":"))]
    ).fetchone()
    assert row == (True,)


def test_litellm_records_keep_what_support_needs_and_nothing_else(tmp_path_factory: pytest.TempPathFactory) -> None:
    record = {
        "id": "r", "model": "m", "status": "success", "startTime": 1793509800.0, "endTime": 1793509802.0, "call_type": "acompletion",
        "api_base": "https://u:p@own.example/v1?key=SECRET", "end_user": "PRIVATE", "request_tags": ["PRIVATE"], "user_agent": "OpenAI/Python 1.0",
        "model_parameters": {"temperature": 0.5, "stop": ["PRIVATE"], "user": "PRIVATE", "extra_headers": {"X-Auth": "SECRET"}},
        "metadata": {"user_api_key_team_id": "team", "user_api_key_user_email": "PRIVATE", "requester_metadata": {"status": "PRIVATE", "n": 1}},
        "hidden_params": {"additional_headers": {"llm_provider-x-ratelimit-remaining-tokens": "100", "x-litellm-attempted-retries": 1}},
        "error_information": {"error_code": "429", "error_class": "RateLimitError", "error_message": "PRIVATE"},
    }  # fmt: skip
    place = make_place(tmp_path_factory.mktemp("litellm"), "litellm")
    (row,) = place.land_lines(json.dumps(record).encode())
    meta = json.loads(row["meta"])
    assert (meta["call_type"], meta["api_base"], meta["user_agent"]) == (
        "acompletion",
        "https://own.example/v1",
        "OpenAI/Python 1.0",
    )
    assert meta["model_parameters"] == {
        "temperature": 0.5,
        "stop": CONTENT,
        "user": PERSONAL,
        "extra_headers": {"X-Auth": CREDENTIAL},
    }
    assert meta["metadata"]["requester_metadata"] == {"status": NOT_KEPT, "n": 1}
    assert meta["hidden_params"]["additional_headers"] == {
        "llm_provider-x-ratelimit-remaining-tokens": "100",
        "x-litellm-attempted-retries": 1,
    }
    assert (meta["error_information"]["error_code"], meta["error_information"]["error_class"]) == (
        "429",
        "RateLimitError",
    )
    assert "SECRET" not in row["meta"] and "PRIVATE" not in row["meta"]
    place.inventory.close()
