"""The API of the request view, for paid and unpaid requests."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from page_home import SLASHED_ID
from running_gateway import Gateway


def request_details(client: TestClient, request_id: str, **params: Any) -> dict[str, Any]:
    answer = client.get(f"/api/requests/gateway/{quote(request_id, safe='')}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def test_a_paid_request_shows_its_rule_cost_and_payout(client: TestClient, gateway: Gateway) -> None:
    [(request_id, rule_id, payout_usd)] = gateway.query(
        "select request_id, rule_id, payout_usd from fct_compensations where compensation_type = 'service_failure' order by 1 limit 1"
    )
    request = request_details(client, request_id)
    assert (request["reason_code"], request["payout_status"]) == ("compensated", "decided")
    assert rule_id in request["decision"]
    assert request["facts"]["payout_usd"] == str(payout_usd)
    first = request["rules"][0]
    assert (first["rule_id"], first["is_paid"]) == (rule_id, True)
    assert not any(rule["is_paid"] for rule in request["rules"][1:])


@pytest.mark.parametrize(
    ("request_id", "reason"), [("fine00", "within_normal_range"), ("caller", "caller_error"), ("free", "not_billed")]
)
def test_a_request_that_was_not_paid_says_why_not(client: TestClient, request_id: str, reason: str) -> None:
    request = request_details(client, request_id)
    assert (request["reason_code"], request["payout_status"]) == (reason, None)
    assert request["decision"].startswith("Nothing is paid")
    assert request["facts"]["payout_usd"] == "0.000000000000"


@pytest.mark.parametrize("request_id", ["fine00", "r000"])
def test_paid_and_unpaid_requests_have_their_meta(client: TestClient, request_id: str) -> None:
    assert request_details(client, request_id)["meta"] == {"headers": {"user-agent": "test"}}


def test_a_request_is_found_with_its_hour_and_not_in_another(client: TestClient) -> None:
    assert request_details(client, SLASHED_ID, hour="2026-11-01T03")["request_id"] == SLASHED_ID
    answer = client.get(f"/api/requests/gateway/{quote(SLASHED_ID, safe='')}", params={"hour": "2026-11-01T04"})
    assert answer.status_code == 404


@pytest.mark.parametrize("hour", [None, "2026-11-01T00"])
@pytest.mark.parametrize("name", ["elsewhere/r000", "gateway/r00", "gateway/r0000", "gateway/R000", "gateway/r000%20"])
def test_a_request_with_another_source_or_a_similar_id_is_not_found(
    client: TestClient, name: str, hour: str | None
) -> None:
    params = {} if hour is None else {"hour": hour}
    assert client.get("/api/requests/gateway/r000", params=params).status_code == 200
    assert client.get(f"/api/requests/{name}", params=params).status_code == 404
