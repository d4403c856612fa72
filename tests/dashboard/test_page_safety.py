"""Access control of the page: authentication, account scopes, and attempts to get around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import hypothesis
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck
from page_home import HOSTILE_ACCOUNT, SLASHED_ID, serving, visitor
from pydantic import SecretStr
from running_gateway import Gateway

from dashboard.app import create_app
from dashboard.security import HEADERS
from makegood.errors import MakegoodError

CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.response_schema_conformance,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
]
TOKEN = "a-token-of-some-length"
QUESTIONS = ("publication", "accounts", "summary", "series", "details", "export", "requests/gateway/r000")


@pytest.fixture(scope="module")
def acme(gateway: Gateway) -> Iterator[TestClient]:
    """A client of a page that is limited to one account."""
    with visitor(gateway, page_account="acme") as client:
        yield client


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.7.9", "makegood.example"])
def test_a_page_outside_loopback_needs_a_token_or_a_trusted_proxy_to_start(gateway: Gateway, host: str) -> None:
    with pytest.raises(MakegoodError, match="MAKEGOOD_PAGE_TOKEN"):
        create_app(gateway.settings.model_copy(update={"page_host": host}))
    for access in ({"page_token": SecretStr(TOKEN)}, {"page_user_header": "x-user"}):
        create_app(gateway.settings.model_copy(update={"page_host": host, **access}))


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_request_without_the_token_is_refused(gateway: Gateway, question: str) -> None:
    with visitor(gateway, page_token=SecretStr(TOKEN)) as client:
        for headers in (
            {},
            {"authorization": "Bearer wrong"},
            {"authorization": f"Basic {TOKEN}"},
            {"cookie": f"makegood={TOKEN}"},
        ):
            assert client.get(f"/api/{question}", headers=headers).status_code == 401
        assert client.get(f"/api/{question}", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_browser_signs_in_once_and_its_cookie_is_not_the_token(gateway: Gateway) -> None:
    with visitor(gateway, page_token=SecretStr(TOKEN)) as client:
        assert client.get("/", follow_redirects=False).headers["location"] == "/login"
        assert client.post("/login", data={"token": "wrong"}).status_code == 401
        answer = client.post("/login", data={"token": TOKEN}, follow_redirects=False)
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"]
        assert TOKEN not in cookie
        assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
        assert client.get("/api/summary").status_code == 200


def test_a_proxy_header_only_counts_from_the_proxy_and_if_sent_once(gateway: Gateway) -> None:
    settings: dict[str, Any] = {
        "page_user_header": "x-user",
        "page_account_header": "x-account",
        "page_proxies": ["testclient"],
    }
    identity = {"x-user": "ann", "x-account": "acme"}
    with visitor(gateway, **settings) as client:
        assert client.get("/api/publication", headers=identity).json()["account"] == "acme"
        assert client.get("/api/publication").status_code == 401
        assert client.get("/api/publication", headers={"x-account": "acme"}).status_code == 401
        assert client.get("/api/publication", headers={"x-user": "ann"}).status_code == 403
        assert client.get("/api/publication", headers=[*identity.items(), ("x-account", "globex")]).status_code == 403
    with visitor(gateway, **settings | {"page_proxies": ["10.0.0.1"]}) as stranger:
        assert stranger.get("/api/publication", headers=identity).status_code == 401


def test_an_account_header_without_a_user_header_is_refused_at_start(gateway: Gateway) -> None:
    with pytest.raises(MakegoodError, match="USER_HEADER"):
        create_app(gateway.settings.model_copy(update={"page_account_header": "x-account"}))


def test_on_loopback_other_host_names_are_refused(client: TestClient) -> None:
    assert client.get("/api/summary", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("question", ["summary", "series", "details", "export"])
@pytest.mark.parametrize("account", ["globex", HOSTILE_ACCOUNT, "acme' or '1'='1"])
def test_a_scoped_visitor_is_refused_another_account(acme: TestClient, question: str, account: str) -> None:
    assert acme.get(f"/api/{question}", params={"account": account}).status_code == 403


def test_a_scoped_visitor_gets_only_the_numbers_of_their_account(acme: TestClient, gateway: Gateway) -> None:
    [(count,)] = gateway.query("select count(*) from fct_compensations where account_id = 'acme'")
    models = gateway.query("select distinct model from fct_compensations where account_id = 'acme' order by model")
    assert acme.get("/api/summary").json()["kpis"]["compensation_count"] == count
    assert acme.get("/api/details", params={"min_cost": 0}).json()["total"] == count
    assert {row["account_id"] for row in acme.get("/api/details", params={"page_size": 100}).json()["rows"]} == {"acme"}
    assert acme.get("/api/export").text.count("\n") == count + 1
    assert acme.get("/api/accounts").json() == ["acme"]
    assert acme.get("/api/accounts", params={"contains": "glob"}).json() == []
    publication = acme.get("/api/publication").json()
    assert (publication["account"], publication["models"]) == ("acme", [model for (model,) in models])


@pytest.mark.parametrize("request_id", [SLASHED_ID, "caller"])
@pytest.mark.parametrize("hour", [None, "2026-11-01T03", "2026-11-01T04"])
def test_a_scoped_visitor_cannot_tell_that_a_request_of_another_account_exists(
    acme: TestClient, request_id: str, hour: str | None
) -> None:
    answer = acme.get(f"/api/requests/gateway/{quote(request_id, safe='')}", params={"hour": hour} if hour else {})
    unknown = acme.get("/api/requests/gateway/nobody")
    assert (answer.status_code, answer.json()) == (404, unknown.json())


def test_a_scoped_visitor_sees_their_own_request(acme: TestClient, gateway: Gateway) -> None:
    [(request_id,)] = gateway.query("select min(request_id) from fct_compensations where account_id = 'acme'")
    assert acme.get(f"/api/requests/gateway/{request_id}").json()["facts"]["account_id"] == "acme"


@pytest.mark.parametrize("path", ["/", "/request", "/api/summary", "/nowhere"])
def test_every_response_has_the_security_headers_and_no_policy_allows_inline_code(
    client: TestClient, path: str
) -> None:
    headers = client.get(path).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in headers["content-security-policy"]


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_the_static_files_of_a_page_have_security_headers_and_can_be_cached(client: TestClient, encoding: str) -> None:
    paths = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/").text + client.get("/request").text)
    assert len(set(paths)) > 15
    for path in paths:
        answer = client.get(path, headers={"accept-encoding": encoding})
        assert answer.status_code == 200 and answer.content
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd"]
)
def test_files_outside_the_static_folder_are_not_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("question", "params"),
    [
        ("summary", {"range": "31d"}),
        ("summary", {"from": "2026-11-01T05"}),
        ("summary", {"from": "2026-11-01T05", "to": "2026-11-01T05"}),
        ("summary", {"from": "2026-11-01T05:30", "to": "2026-11-02T00"}),
        ("summary", {"from": "2016-11-01T00", "to": "2026-11-02T00"}),
        ("summary", {"from": "0001-01-01T00", "to": "0001-01-02T00"}),
        ("summary", {"unknown": "1"}),
        ("details", {"page": 0}),
        ("details", {"page_size": 101}),
        ("details", {"sort": "meta"}),
        ("details", {"sort": "payout_usd; drop table x"}),
        ("details", {"direction": "sideways"}),
        ("details", {"min_cost": "-1"}),
        ("details", {"min_cost": "0.0000000000001"}),
        ("details", {"min_cost": "NaN"}),
        ("details", {"max_latency": "1e3"}),
        ("details", {"model": ["m"] * 201}),
        ("export", {"format": "exe"}),
        ("requests/gateway/r000", {"hour": "yesterday"}),
    ],
)
def test_values_out_of_range_are_refused_with_a_reason(
    client: TestClient, question: str, params: dict[str, Any]
) -> None:
    answer = client.get(f"/api/{question}", params=params)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_page_beyond_the_last_one_has_no_rows(client: TestClient) -> None:
    answer = client.get("/api/details", params={"page": 10**9, "page_size": 100}).json()
    assert answer["rows"] == []
    assert answer["total"] > 0


def test_no_generated_api_request_causes_an_error_or_leaks_another_account(gateway: Gateway) -> None:
    called_paths: set[str] = set()
    with serving(gateway.settings.model_copy(update={"page_account": "acme"})) as url:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        for operation in (found.ok() for found in schema.get_all_operations()):

            @hypothesis.settings(
                max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
            )
            @hypothesis.given(case=operation.as_strategy())
            def call_operation(case: schemathesis.Case) -> None:
                answer = case.call()
                case.validate_response(answer, checks=CHECKS)
                assert b"globex" not in answer.content
                called_paths.add(case.path)

            call_operation()
    assert {
        "/api/summary",
        "/api/series",
        "/api/details",
        "/api/export",
        "/api/publication",
        "/healthz",
    } <= called_paths
