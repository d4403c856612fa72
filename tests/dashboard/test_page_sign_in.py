"""A sign-in is random, ends, and cannot be guessed at speed; who knows the token is not kept out by those who do not."""

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
    """Seconds that pass when told."""

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
def door(gateway: Gateway) -> Iterator[TestClient]:
    """The page behind a token, and a proxy that says where visitors come from."""
    with visitor(gateway, page_token=SecretStr(TOKEN), page_proxies=["testclient"]) as one:
        yield one


def fails(sign_ins: SignIns, client: str, times: int) -> None:
    for _ in range(times):
        assert not sign_ins.is_right(client, "wrong")


def test_every_sign_in_is_another_and_says_nothing_of_the_token(sign_ins: SignIns) -> None:
    shown = {sign_ins.begin() for _ in range(100)}
    assert len(shown) == 100
    assert all(sign_ins.holds(one) and len(one) >= 43 and TOKEN not in one for one in shown)
    assert not SignIns(TOKEN, Clock()).holds(shown.pop())


@pytest.mark.parametrize("shown", ["", TOKEN, "0" * 64, "\ud800", "\x00"])
def test_what_no_sign_in_gave_opens_nothing(sign_ins: SignIns, shown: str) -> None:
    sign_ins.begin()
    assert not sign_ins.holds(shown)


def test_a_sign_in_ends_after_its_hours(sign_ins: SignIns, clock: Clock) -> None:
    shown = sign_ins.begin()
    clock.now_s += LASTS_S - 1
    assert sign_ins.holds(shown)
    clock.now_s += 1
    assert not sign_ins.holds(shown)


def test_the_oldest_sign_in_is_forgotten_when_there_are_too_many(
    sign_ins: SignIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "MOST_KEPT", 3)
    shown = [sign_ins.begin() for _ in range(4)]
    assert [sign_ins.holds(one) for one in shown] == [False, True, True, True]


def test_after_five_wrong_tokens_each_try_waits_twice_as_long_up_to_a_minute(sign_ins: SignIns, clock: Clock) -> None:
    fails(sign_ins, "10.0.0.1", FREE_TRIES - 1)
    assert sign_ins.wait_s("10.0.0.1") == 0
    waited = []
    for _ in range(8):
        fails(sign_ins, "10.0.0.1", 1)
        waited.append(sign_ins.wait_s("10.0.0.1"))
        clock.now_s += waited[-1]
        assert sign_ins.wait_s("10.0.0.1") == 0
    assert waited == [1, 2, 4, 8, 16, 32, 60, 60]
    clock.now_s += FORGOTTEN_AFTER_S
    fails(sign_ins, "10.0.0.1", FREE_TRIES - 1)
    assert sign_ins.wait_s("10.0.0.1") == 0


def test_one_client_is_an_address_or_a_network_of_ipv6_addresses(sign_ins: SignIns) -> None:
    for number in range(FREE_TRIES):
        fails(sign_ins, f"2001:db8:1:2::{number:x}", 1)
    assert sign_ins.wait_s("2001:db8:1:2:ffff::9") > 0
    assert sign_ins.wait_s("2001:db8:1:3::1") == 0
    fails(sign_ins, "::ffff:10.0.0.1", FREE_TRIES)
    assert sign_ins.wait_s("10.0.0.1") > 0
    assert sign_ins.wait_s("::ffff:10.0.0.2") == 0


def test_guesses_from_many_addresses_slow_each_other_but_not_who_has_known_the_token(
    sign_ins: SignIns, clock: Clock
) -> None:
    assert sign_ins.is_right("10.9.9.9", TOKEN)
    for number in range(FREE_TRIES_IN_ALL + 10):
        fails(sign_ins, f"10.0.{number}.1", 1)
    assert sign_ins.wait_s("10.9.9.9") == 0
    assert 0 < sign_ins.wait_s("10.8.8.8") <= 5
    clock.now_s += sign_ins.wait_s("10.8.8.8")
    assert sign_ins.wait_s("10.8.8.8") == 0


def test_a_right_token_clears_what_its_client_did_wrong(sign_ins: SignIns) -> None:
    fails(sign_ins, "10.0.0.1", FREE_TRIES - 1)
    assert sign_ins.is_right("10.0.0.1", TOKEN)
    fails(sign_ins, "10.0.0.1", FREE_TRIES - 1)
    assert sign_ins.wait_s("10.0.0.1") == 0


@pytest.mark.parametrize("way", ["form", "bearer"])
def test_who_guesses_is_told_to_wait_even_with_the_right_token_and_others_are_not(door: TestClient, way: str) -> None:
    def tries(token: str, address: str) -> int:
        headers = {"x-forwarded-for": f"1.2.3.4, {address}"}
        if way == "form":
            return door.post("/login", data={"token": token}, headers=headers, follow_redirects=False).status_code
        return door.get("/api/publication", headers=headers | {"authorization": f"Bearer {token}"}).status_code

    good = 303 if way == "form" else 200
    assert [tries("wrong", "10.0.0.1") for _ in range(FREE_TRIES)] == [401] * FREE_TRIES
    door.cookies.clear()
    assert tries(TOKEN, "10.0.0.1") == 429
    assert tries(TOKEN, "10.0.0.2") == good


def test_the_form_says_that_a_token_is_wrong_and_when_to_try_again(door: TestClient) -> None:
    def message(token: str) -> list[str]:
        answer = door.post("/login", data={"token": token}, follow_redirects=False)
        return re.findall(r'<p class="failed" role="alert">(.*)</p>', answer.text)

    assert message("wrong") == ["The token is wrong."]
    for _ in range(FREE_TRIES - 1):
        assert message("<wrong>") == ["The token is wrong."]
    assert message(TOKEN) == ["Too many wrong tokens: try again in 1 s."]
    assert "failed" not in door.get("/login").text


def test_a_wait_says_how_long_and_does_not_end_a_sign_in(door: TestClient) -> None:
    assert door.post("/login", data={"token": TOKEN}, follow_redirects=False).status_code == 303
    for _ in range(FREE_TRIES):
        door.post("/login", data={"token": "wrong"})
    refused = door.post("/login", data={"token": TOKEN}, follow_redirects=False)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert door.get("/api/publication").status_code == 200


def test_two_sign_ins_have_two_cookies_and_a_page_that_is_started_again_knows_neither(
    door: TestClient, gateway: Gateway
) -> None:
    cookies = [
        door.post("/login", data={"token": TOKEN}, follow_redirects=False).headers["set-cookie"] for _ in range(2)
    ]
    values = [re.findall(r"makegood=([^;]+)", cookie)[0] for cookie in cookies]
    assert values[0] != values[1]
    with visitor(gateway, page_token=SecretStr(TOKEN)) as again:
        for value in values:
            assert again.get("/api/publication", headers={"cookie": f"makegood={value}"}).status_code == 401


@pytest.mark.parametrize(("scheme", "is_secure"), [(None, False), ("http", False), ("https", True)])
def test_the_cookie_is_for_https_alone_where_the_browser_speaks_it_with_the_proxy(
    door: TestClient, scheme: str | None, is_secure: bool
) -> None:
    headers = {"x-forwarded-proto": scheme} if scheme else {}
    answer = door.post("/login", data={"token": TOKEN}, headers=headers, follow_redirects=False)
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=strict", f"max-age={LASTS_S}"} <= parts
    assert ("secure" in parts) is is_secure
