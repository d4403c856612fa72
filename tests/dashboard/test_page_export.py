"""Exports hold exactly the filtered rows with all digits, and no text that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fastapi.testclient import TestClient
from page_home import HOSTILE_ACCOUNT
from running_gateway import Gateway

from dashboard.answers import DetailsRow

Params = dict[str, Any]
FILTERS: list[Params] = [
    {},
    {"account": "globex", "sort": "payout", "direction": "asc"},
    {"category": "high_latency", "min_cost": "0.05", "model_contains": "gpt"},
    {"from": "2026-11-03T00", "to": "2026-11-04T00"},
]


def rows_of(client: TestClient, params: Params) -> list[dict[str, Any]]:
    """The rows of all pages of the table."""
    rows: list[dict[str, Any]] = []
    for page in range(1, 9):
        rows += client.get("/api/details", params={**params, "page": page, "page_size": 100}).json()["rows"]
    return rows


@pytest.mark.parametrize("params", FILTERS)
def test_csv_holds_the_rows_of_the_page_in_the_same_order(client: TestClient, params: Params) -> None:
    answer = client.get("/api/export", params={**params, "format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    written = list(csv.DictReader(io.StringIO(answer.text)))
    rows = rows_of(client, params)
    assert [row["request_id"] for row in written] == [row["request_id"] for row in rows]
    assert [row["payout"] for row in written] == [row["payout"] for row in rows]
    assert [row["cost"] for row in written] == [row["cost"] for row in rows]
    assert {row["payout_status"] for row in written} <= {"decided", "posted", "capped", "pending"}


@pytest.mark.parametrize("params", FILTERS)
def test_parquet_holds_the_rows_of_the_page_with_their_types(
    client: TestClient, params: Params, tmp_path: Path
) -> None:
    file = tmp_path / "export.parquet"
    file.write_bytes(client.get("/api/export", params={**params, "format": "parquet"}).content)
    relation = duckdb.sql(f"from '{file}'")
    assert relation.columns == [*DetailsRow.model_fields, "payout_status"]
    assert dict(zip(relation.columns, map(str, relation.types), strict=True))["payout"] == "DECIMAL(18,12)"
    rows = rows_of(client, params)
    assert [(row[0], row[1]) for row in relation.select("request_id, payout").fetchall()] == [
        (row["request_id"], Decimal(row["payout"])) for row in rows
    ]


def test_page_export_and_sql_agree_on_the_sum(client: TestClient, gateway: Gateway) -> None:
    [(total,)] = gateway.query("select sum(payout_usd) from fct_compensations")
    written = csv.DictReader(io.StringIO(client.get("/api/export").text))
    assert sum(Decimal(row["payout"]) for row in written) == total
    assert Decimal(client.get("/api/summary").json()["kpis"]["total_compensation_usd"]) == total


def test_a_text_that_looks_like_a_formula_is_text_in_csv_and_unchanged_in_parquet(
    client: TestClient, tmp_path: Path
) -> None:
    params = {"account": HOSTILE_ACCOUNT}
    accounts = {row["account_id"] for row in csv.DictReader(io.StringIO(client.get("/api/export", params=params).text))}
    assert accounts == {f"'{HOSTILE_ACCOUNT}"}
    file = tmp_path / "export.parquet"
    file.write_bytes(client.get("/api/export", params={**params, "format": "parquet"}).content)
    assert duckdb.sql(f"select distinct account_id from '{file}'").fetchall() == [(HOSTILE_ACCOUNT,)]


def test_an_export_leaves_no_file_behind(client: TestClient, gateway: Gateway) -> None:
    before = set(gateway.root.rglob("*.csv"))
    client.get("/api/export")
    assert set(gateway.root.rglob("*.csv")) == before
