"""Parameters of the API: each value is read in one way or refused with the parameter's name, and no value becomes SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from running_gateway import Gateway

from dashboard.decisions import Decisions
from dashboard.filters import Filters, PageFilters
from dashboard.queries import Queries
from dashboard.sessions import Session
from makegood.home import Home
from makegood.publication.asking import UnaskableError

CONTROLS = ["\x00", "\x01", "\n", "\x1f", "\x7f"]
INVALID_NUMBERS = [
    "3e1", "1E2", "1_0", "0x10", "0b1", " 3", "3 ", "+3", "-3", "-0", "NaN", "nan", "Infinity", "inf", "1e400", "1e-400", "",
    "\uff13", "\u0663", "\u00b2", "3,5", "1,000", "1.2.3", ".", "1.", "--1", "3f", "true", "null", "1" * 41, "9" * 5_000, "3\u00a0",
    "'1'", "1;2", "1/2",
]  # fmt: skip
INVALID_TIMES = [
    "1700000000", "1e9", "2026-W44-7", "20261101", "2026-11-01T5", "2026-13-01", "2026-02-30", "now", "today", "infinity", "-infinity",
    "2026-11-01T05:00:00+99:00", "\uff12026-11-01", "2026-11-01T05:00 ", "2026-11-01 24:00", "0000-01-01", "10000-01-01", "",
]  # fmt: skip


@pytest.fixture(scope="module")
def session(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    session = Session(gateway.root / "warehouse", tmp_path_factory.mktemp("session"))
    yield session
    session.close()


def parameters(client: TestClient) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """The path, location, name and schema of every parameter that the API declares."""
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            yield path, parameter["in"], parameter["name"], parameter["schema"]


def request(client: TestClient, path: str, place: str, name: str, value: str) -> Any:
    """The response with this value for one parameter and ordinary values for the others of the path."""
    places = {"source": "gateway", "request_id": "r000"} | ({name: value} if place == "path" else {})
    for each, given in places.items():
        path = path.replace(f"{{{each}}}", quote(given, safe=""))
    return client.get(path, params={name: value} if place == "query" else {})


def named_fields(answer: Any) -> set[Any]:
    """The fields named in an error response."""
    return {part for fault in answer.json()["detail"] for part in fault["loc"]}


def kinds(schema: dict[str, Any]) -> set[str]:
    """The JSON types and formats that the schema allows."""
    parts = schema.get("anyOf", [schema])
    return {part.get("format", "number" if "[0-9]" in part.get("pattern", "") else part.get("type")) for part in parts}


def test_a_control_character_is_refused_in_every_parameter_with_its_name(client: TestClient) -> None:
    count = 0
    for path, place, name, _ in parameters(client):
        for control in CONTROLS:
            answer = request(client, path, place, name, f"a{control}b")
            assert answer.status_code == 422, (path, name, control)
            assert name in named_fields(answer), (path, name, control)
            count += 1
    assert count > 60 * len(CONTROLS)


def test_a_control_character_in_the_name_of_a_parameter_is_refused(client: TestClient) -> None:
    for path in ("/api/publication", "/api/accounts", "/api/summary"):
        assert client.get(path, params={"x\x00": "1"}).status_code == 422


@pytest.mark.parametrize("value", INVALID_NUMBERS)
def test_an_invalid_number_is_refused_with_its_name(client: TestClient, value: str) -> None:
    count = 0
    for path, place, name, schema in parameters(client):
        if kinds(schema) & {"number", "integer"}:
            answer = request(client, path, place, name, value)
            assert (answer.status_code, name in named_fields(answer)) == (422, True), (path, name)
            count += 1
    assert count > 20


@pytest.mark.parametrize("value", INVALID_TIMES)
def test_an_invalid_time_is_refused_with_its_name(client: TestClient, value: str) -> None:
    for name in ("min_timestamp", "max_timestamp"):
        answer = client.get("/api/details", params={name: value})
        assert (answer.status_code, name in named_fields(answer)) == (422, True)
    answer = client.get("/api/requests/gateway/r000", params={"at": value})
    assert (answer.status_code, "at" in named_fields(answer)) == (422, True)


@pytest.mark.parametrize(
    "value", ["\uff12\uff10\uff12\uff16-11-01T05", "2026-11-01T\u0660\u0665", "1e9", "", "2026-11-01T05:30"]
)
def test_an_invalid_hour_is_refused_with_its_name(client: TestClient, value: str) -> None:
    answer = client.get("/api/requests/gateway/r000", params={"hour": value})
    assert (answer.status_code, "hour" in named_fields(answer)) == (422, True)
    assert client.get("/api/summary", params={"from": value, "to": "2026-11-03T00"}).status_code == 422


@pytest.mark.parametrize(
    ("written", "same"),
    [("0.05", "0.050000000000"), (".05", "0.05"), ("00.05", "0.05")],
)
def test_a_number_has_the_same_meaning_in_every_notation(client: TestClient, written: str, same: str) -> None:
    first, second = (client.get("/api/details", params={"min_cost": value}).json() for value in (written, same))
    assert first == second
    assert 0 < first["total"] < client.get("/api/details").json()["total"]


@pytest.mark.parametrize(
    ("written", "at"), [("2026-11-01T10:00", "2026-11-01T08:00:00Z"), ("2026-11-02", "2026-11-01T22:00")]
)
def test_a_time_has_the_same_meaning_in_every_notation(client: TestClient, written: str, at: str) -> None:
    zoned = f"{written}+02:00" if "T" in written else f"{written}T00:00+02:00"
    first, second = (client.get("/api/details", params={"min_timestamp": value}).json() for value in (zoned, at))
    assert first == second


def test_a_refused_number_is_not_cached(client: TestClient, gateway: Gateway) -> None:
    assert client.get("/api/details", params={"min_throughput": "3e1"}).status_code == 422
    [(count,)] = gateway.query("select count(*) from fct_compensations where throughput_tps >= 30")
    assert client.get("/api/details", params={"min_throughput": "30"}).json()["total"] == count


@pytest.mark.parametrize("value", ["\x00", "x\x00' union select 1 --", "\x00; create table memory.y as select 1; --"])
def test_a_value_with_a_control_character_is_refused_below_the_api_too(
    gateway: Gateway, session: Session, value: str
) -> None:
    decisions, queries = Decisions(session, Home(gateway.root), None), Queries(session, None)
    for ask in (
        lambda: decisions.find(value, "r000", None),
        lambda: decisions.find("gateway", value, None),
        lambda: Decisions(session, Home(gateway.root), value).find("gateway", "r000", None),
        lambda: queries.accounts(value, 5),
        lambda: queries.summary(Filters(account=value)),
        lambda: queries.details(PageFilters(model=["a", value])),
        lambda: queries.details(PageFilters(finish=[value])),
        lambda: queries.details(PageFilters(model_contains=value)),
    ):
        with pytest.raises(UnaskableError):
            ask()
