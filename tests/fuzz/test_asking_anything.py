"""Whatever somebody types or sends, the answer is an answer or a sentence, and never another account's row."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from damaging import DAMAGES, copy_of, makegood
from fastapi.testclient import TestClient
from hostile import cases, printable
from running_gateway import FIRST, Gateway, record, verdict

from dashboard.app import create_app

SEEN = "select account_id, payout_usd from fct_compensations order by request_id"
COMMANDS = [
    ("sql", "{}"), ("explain", "{}"), ("explain", "r1", "--source", "{}"), ("statement", "--account", "{}", "--month", "2026-11"),
    ("statement", "--account", "a1", "--month", "{}"), ("run", "--from", "{}", "--to", "2026-11-01T00"), ("settle", "--date", "{}"),
    ("restate", "--from", "2026-11-01T00", "--to", "{}"), ("rollback", "--to", "{}"), ("handover", "--batch", "{}"), ("{}",),
]  # fmt: skip


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    """A home with one published hour of three accounts."""
    gateway = Gateway(tmp_path_factory.mktemp("fuzzed"))
    gateway.lands(FIRST, [record(f"r{n}", FIRST, status_code="503", account_id=f"a{n % 3}") for n in range(9)])
    gateway.lands(FIRST, [verdict("r1", FIRST)], feed="judge")
    gateway.runs(FIRST)
    return gateway


@pytest.fixture(scope="module")
def page(published: Gateway) -> Iterator[TestClient]:
    """The page as the account a1 sees it."""
    settings = published.settings.model_copy(update={"page_account": "a1"})
    with TestClient(create_app(settings), base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def test_any_text_as_an_argument_is_an_answer_or_a_sentence(published: Gateway) -> None:
    for number, chance in enumerate(cases("arguments", 60)):
        typed = printable(chance)
        arguments = [part.format(typed) if part == "{}" else part for part in chance.choice(COMMANDS)]
        code, _, err = makegood(published.root, *arguments)
        assert code in (0, 1, 2), (number, arguments)
        assert "Traceback" not in err, (number, arguments)
        if code == 1:
            assert err.splitlines()[-1].startswith("makegood: "), (number, arguments, err)


def test_any_text_as_a_parameter_is_an_answer_or_a_refusal_and_never_another_accounts_row(page: TestClient) -> None:
    paths = page.get("/openapi.json").json()["paths"]
    for number, chance in enumerate(cases("parameters", 150)):
        path, methods = chance.choice(sorted(paths.items()))
        url, query = path, []
        for parameter in methods.get("get", {}).get("parameters", []):
            sent = quote(printable(chance), safe="")
            if parameter["in"] == "path":
                url = url.replace("{" + parameter["name"] + "}", sent)
            elif chance.random() < 0.3:
                query.append(f"{parameter['name']}={sent}")
        answer = page.get(f"{url}?{'&'.join(query)}")
        assert answer.status_code < 500 or answer.status_code == 503, (number, url, query)
        for other in ("a0", "a2"):
            assert f'"{other}"' not in answer.text and f",{other}," not in answer.text, (number, url, query)


def test_one_flipped_bit_in_any_file_of_a_home_is_no_traceback(published: Gateway, tmp_path: Path) -> None:
    _, right, _ = makegood(published.root, "sql", SEEN, "--format", "csv")
    files = sorted(
        file.relative_to(published.root)
        for file in published.root.rglob("*")
        if file.is_file() and not {"dagster", "dbt", "landing"} & set(file.relative_to(published.root).parts)
    )
    for number, chance in enumerate(cases("bits", 25)):
        name = chance.choice(files)
        home = copy_of(published.root, tmp_path / str(number))
        DAMAGES["flipped"](home / name, random.Random(chance.random()))
        for command in (("status",), ("sql", SEEN, "--format", "csv"), ("verify",)):
            code, out, err = makegood(home, *command)
            assert code in (0, 1) and "Traceback" not in err, (number, name, command)
            if command[0] == "sql" and code == 0:
                assert out == right, (number, name)


def test_the_page_shows_its_own_account(page: TestClient) -> None:
    """The test above cannot pass by showing nothing."""
    shown = page.get("/api/requests/gateway/r1")
    assert shown.status_code == 200 and "a1" in json.dumps(shown.json())
