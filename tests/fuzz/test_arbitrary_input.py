"""Fuzz tests of commands and the API: any input is answered or refused with a message, and never with a row of another account."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from command_line import makegood
from damaging import DAMAGES, copy_of
from fastapi.testclient import TestClient
from hostile import cases, printable
from running_gateway import FIRST, Gateway, record, verdict

from dashboard.app import create_app

QUERY = "select account_id, payout_usd from fct_compensations order by request_id"
COMMANDS = [
    ("sql", "{}"), ("explain", "{}"), ("explain", "r1", "--source", "{}"), ("statement", "--account", "{}", "--month", "2026-11"),
    ("statement", "--account", "a1", "--month", "{}"), ("run", "--from", "{}", "--to", "2026-11-01T00"), ("settle", "--date", "{}"),
    ("restate", "--from", "2026-11-01T00", "--to", "{}"), ("rollback", "--to", "{}"), ("handover", "--batch", "{}"), ("{}",),
]  # fmt: skip


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    """A home with one published hour of three accounts."""
    gateway = Gateway(tmp_path_factory.mktemp("fuzzed"))
    gateway.land(FIRST, [record(f"r{n}", FIRST, status_code="503", account_id=f"a{n % 3}") for n in range(9)])
    gateway.land(FIRST, [verdict("r1", FIRST)], feed="judge")
    gateway.run(FIRST)
    return gateway


@pytest.fixture(scope="module")
def page(published: Gateway) -> Iterator[TestClient]:
    """The page, restricted to the account a1."""
    settings = published.settings.model_copy(update={"page_account": "a1"})
    with TestClient(create_app(settings), base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def test_a_command_with_an_arbitrary_argument_succeeds_or_fails_with_a_message(published: Gateway) -> None:
    for number, rng in enumerate(cases("arguments", 60)):
        argument = printable(rng)
        arguments = [part.format(argument) if part == "{}" else part for part in rng.choice(COMMANDS)]
        code, _, err = makegood(published.root, *arguments)
        assert code in (0, 1, 2), (number, arguments)
        assert "Traceback" not in err, (number, arguments)
        if code == 1:
            assert err.splitlines()[-1].startswith("makegood: "), (number, arguments, err)


def test_an_api_call_with_arbitrary_parameters_causes_no_server_error_and_shows_no_other_account(
    page: TestClient,
) -> None:
    paths = page.get("/openapi.json").json()["paths"]
    for number, rng in enumerate(cases("parameters", 150)):
        path, methods = rng.choice(sorted(paths.items()))
        url, query = path, []
        for parameter in methods.get("get", {}).get("parameters", []):
            value = quote(printable(rng), safe="")
            if parameter["in"] == "path":
                url = url.replace("{" + parameter["name"] + "}", value)
            elif rng.random() < 0.3:
                query.append(f"{parameter['name']}={value}")
        answer = page.get(f"{url}?{'&'.join(query)}")
        assert answer.status_code < 500 or answer.status_code == 503, (number, url, query)
        for other in ("a0", "a2"):
            assert f'"{other}"' not in answer.text and f",{other}," not in answer.text, (number, url, query)


def test_after_a_flipped_bit_in_any_file_commands_answer_correctly_or_fail_without_a_traceback(
    published: Gateway, tmp_path: Path
) -> None:
    _, expected, _ = makegood(published.root, "sql", QUERY, "--format", "csv")
    files = sorted(
        file.relative_to(published.root)
        for file in published.root.rglob("*")
        if file.is_file() and not {"dagster", "dbt", "landing"} & set(file.relative_to(published.root).parts)
    )
    for number, rng in enumerate(cases("bits", 25)):
        name = rng.choice(files)
        home = copy_of(published.root, tmp_path / str(number))
        DAMAGES["flipped"](home / name, random.Random(rng.random()))
        for command in (("status",), ("sql", QUERY, "--format", "csv"), ("verify",)):
            code, out, err = makegood(home, *command)
            assert code in (0, 1) and "Traceback" not in err, (number, name, command)
            if command[0] == "sql" and code == 0:
                assert out == expected, (number, name)


def test_the_page_shows_rows_of_its_own_account(page: TestClient) -> None:
    """Shows that the tests above do not pass merely because the page never shows any row."""
    response = page.get("/api/requests/gateway/r1")
    assert response.status_code == 200 and "a1" in json.dumps(response.json())
