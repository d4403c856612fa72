"""Sign-ins: they are random and expire, guessing is slowed down, and guesses by others do not lock out who knows the token."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from page_home import visitor
from pydantic import SecretStr
from running_gateway import Gateway

from dashboard import signing_in
from dashboard.signing_in import FORGOTTEN_AFTER_S, FREE_TRIES, FREE_TRIES_IN_ALL, LASTS_S, SignIns

TOKEN = "a-token-of-some-length"


class Clock:
    """A clock that a test advances."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sign_ins(clock: Clock) -> SignIns:
    return SignIns(TOKEN, clock)


@pytest.fixture
def protected_page(gateway: Gateway) -> Iterator[TestClient]:
    """A client of a page with a token, behind a proxy that reports the addresses of visitors."""
    with visitor(gateway, page_token=SecretStr(TOKEN), page_proxies=["testclient"]) as client:
        yield client


def fail_sign_ins(sign_ins: SignIns, client: str, times: int) -> None:
    for _ in range(times):
        assert not sign_ins.is_right(client, "wrong")


def test_every_sign_in_is_unique_and_does_not_contain_the_token(sign_ins: SignIns) -> None:
    sign_in = {sign_ins.begin() for _ in range(100)}
    assert len(sign_in) == 100
    assert all(sign_ins.holds(candidate) and len(candidate) >= 43 and TOKEN not in candidate for candidate in sign_in)
    assert not SignIns(TOKEN, Clock()).holds(sign_in.pop())


@pytest.mark.parametrize("sign_in", ["", TOKEN, "0" * 64, "\ud800", "\x00"])
def test_an_unknown_sign_in_is_not_accepted(sign_ins: SignIns, sign_in: str) -> None:
    sign_ins.begin()
    assert not sign_ins.holds(sign_in)


def test_a_sign_in_expires(sign_ins: SignIns, clock: Clock) -> None:
    sign_in = sign_ins.begin()
    clock.now_s += LASTS_S - 1
    assert sign_ins.holds(sign_in)
    clock.now_s += 1
    assert not sign_ins.holds(sign_in)


def test_the_oldest_sign_in_is_dropped_if_there_are_too_many(
    sign_ins: SignIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "MOST_KEPT", 3)
    sign_in = [sign_ins.begin() for _ in range(4)]
    assert [sign_ins.holds(candidate) for candidate in sign_in] == [False, True, True, True]


def test_after_five_wrong_tokens_the_wait_doubles_up_to_a_minute(sign_ins: SignIns, clock: Clock) -> None:
    fail_sign_ins(sign_ins, "10.0.0.1", FREE_TRIES - 1)
    assert sign_ins.wait_s("10.0.0.1") == 0
    waits_s = []
    for _ in range(8):
        fail_sign_ins(sign_ins, "10.0.0.1", 1)
        waits_s.append(sign_ins.wait_s("10.0.0.1"))
        clock.now_s += waits_s[-1]
        assert sign_ins.wait_s("10.0.0.1") == 0
    assert waits_s == [1, 2, 4, 8, 16, 32, 60, 60]
    clock.now_s += FORGOTTEN_AFTER_S
    fail_sign_ins(sign_ins, "10.0.0.1", FREE_TRIES - 1)
    assert sign_ins.wait_s("10.0.0.1") == 0


def test_a_client_is_an_ipv4_address_or_an_ipv6_network(sign_ins: SignIns) -> None:
    for number in range(FREE_TRIES):
        fail_sign_ins(sign_ins, f"2001:db8:1:2::{number:x}", 1)
    assert sign_ins.wait_s("2001:db8:1:2:ffff::9") > 0
    assert sign_ins.wait_s("2001:db8:1:3::1") == 0
    fail_sign_ins(sign_ins, "::ffff:10.0.0.1", FREE_TRIES)
    assert sign_ins.wait_s("10.0.0.1") > 0
    assert sign_ins.wait_s("::ffff:10.0.0.2") == 0


def test_guesses_from_many_addresses_do_not_slow_down_clients_that_signed_in_before(
    sign_ins: SignIns, clock: Clock
) -> None:
    assert sign_ins.is_right("10.9.9.9", TOKEN)
    for number in range(FREE_TRIES_IN_ALL + 10):
        fail_sign_ins(sign_ins, f"10.0.{number}.1", 1)
    assert sign_ins.wait_s("10.9.9.9") == 0
    assert 0 < sign_ins.wait_s("10.8.8.8") <= 5
    clock.now_s += sign_ins.wait_s("10.8.8.8")
    assert sign_ins.wait_s("10.8.8.8") == 0


def test_a_right_token_clears_the_failures_of_its_client(sign_ins: SignIns) -> None:
    fail_sign_ins(sign_ins, "10.0.0.1", FREE_TRIES - 1)
    assert sign_ins.is_right("10.0.0.1", TOKEN)
    fail_sign_ins(sign_ins, "10.0.0.1", FREE_TRIES - 1)
    assert sign_ins.wait_s("10.0.0.1") == 0


@pytest.mark.parametrize("method", ["form", "bearer"])
def test_a_client_with_wrong_guesses_must_wait_even_with_the_right_token(
    protected_page: TestClient, method: str
) -> None:
    def status_of_attempt(token: str, address: str) -> int:
        headers = {"x-forwarded-for": f"1.2.3.4, {address}"}
        if method == "form":
            return protected_page.post(
                "/login", data={"token": token}, headers=headers, follow_redirects=False
            ).status_code
        return protected_page.get(
            "/api/publication", headers=headers | {"authorization": f"Bearer {token}"}
        ).status_code

    success_status = 303 if method == "form" else 200
    assert [status_of_attempt("wrong", "10.0.0.1") for _ in range(FREE_TRIES)] == [401] * FREE_TRIES
    protected_page.cookies.clear()
    assert status_of_attempt(TOKEN, "10.0.0.1") == 429
    assert status_of_attempt(TOKEN, "10.0.0.2") == success_status


def test_the_form_says_that_a_token_is_wrong_and_when_to_try_again(protected_page: TestClient) -> None:
    def message(token: str) -> list[str]:
        answer = protected_page.post("/login", data={"token": token}, follow_redirects=False)
        return re.findall(r'<p class="failed" role="alert">(.*)</p>', answer.text)

    assert message("wrong") == ["The token is wrong."]
    for _ in range(FREE_TRIES - 1):
        assert message("<wrong>") == ["The token is wrong."]
    assert message(TOKEN) == ["Too many wrong tokens: try again in 1 s."]
    assert "failed" not in protected_page.get("/login").text


def test_a_refusal_says_how_long_to_wait_and_keeps_existing_sign_ins(protected_page: TestClient) -> None:
    assert protected_page.post("/login", data={"token": TOKEN}, follow_redirects=False).status_code == 303
    for _ in range(FREE_TRIES):
        protected_page.post("/login", data={"token": "wrong"})
    response = protected_page.post("/login", data={"token": TOKEN}, follow_redirects=False)
    assert (response.status_code, response.headers["retry-after"]) == (429, "1")
    assert protected_page.get("/api/publication").status_code == 200


def test_each_sign_in_has_its_own_cookie_and_a_restart_invalidates_all(
    protected_page: TestClient, gateway: Gateway
) -> None:
    cookies = [
        protected_page.post("/login", data={"token": TOKEN}, follow_redirects=False).headers["set-cookie"]
        for _ in range(2)
    ]
    values = [re.findall(r"makegood=([^;]+)", cookie)[0] for cookie in cookies]
    assert values[0] != values[1]
    with visitor(gateway, page_token=SecretStr(TOKEN)) as restarted:
        for value in values:
            assert restarted.get("/api/publication", headers={"cookie": f"makegood={value}"}).status_code == 401


@pytest.mark.parametrize(("scheme", "is_secure"), [(None, False), ("http", False), ("https", True)])
def test_the_cookie_is_secure_if_the_proxy_reports_https(
    protected_page: TestClient, scheme: str | None, is_secure: bool
) -> None:
    headers = {"x-forwarded-proto": scheme} if scheme else {}
    answer = protected_page.post("/login", data={"token": TOKEN}, headers=headers, follow_redirects=False)
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=strict", f"max-age={LASTS_S}"} <= parts
    assert ("secure" in parts) is is_secure
