"""The numbers of the page's API equal those of independent SQL over the published facts, with all digits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from page_home import DATA_THROUGH, DAY, HOSTILE_ACCOUNT, HOSTILE_MODEL, SLASHED_ID
from running_gateway import Gateway

Params = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """The parameters of a request to the API, and the same condition in handwritten SQL."""

    params: Params
    start: datetime
    end: datetime
    condition: str = "true"

    @property
    def where(self) -> str:
        return f"requested_at >= '{self.start}' and requested_at < '{self.end}' and {self.condition}"


def hours(start: datetime, end: datetime, **more: Any) -> Params:
    return {"from": f"{start:%Y-%m-%dT%H}", "to": f"{end:%Y-%m-%dT%H}", **more}


def days(number: float) -> timedelta:
    return timedelta(days=number)


CASES = {
    "all of it": Case({"range": "30d"}, DATA_THROUGH - days(30), DATA_THROUGH),
    "the last day": Case({"range": "24h"}, DATA_THROUGH - days(1), DATA_THROUGH),
    "some hours": Case(hours(DAY + timedelta(hours=5), DAY + timedelta(hours=12)), DAY + timedelta(hours=5), DAY + timedelta(hours=12)),
    "one hour": Case(hours(DAY, DAY + timedelta(hours=1)), DAY, DAY + timedelta(hours=1)),
    "a day on which nothing is owed": Case(hours(DAY + days(2), DAY + days(3)), DAY + days(2), DAY + days(3)),
    "before there was anything": Case(hours(DAY - days(9), DAY - days(2)), DAY - days(9), DAY - days(2)),
    "one model": Case({"range": "7d", "model": "openai/gpt-4o"}, DATA_THROUGH - days(7), DATA_THROUGH, "model = 'openai/gpt-4o'"),
    "two models": Case(
        {"range": "7d", "model": ["openai/gpt-4o", HOSTILE_MODEL]}, DATA_THROUGH - days(7), DATA_THROUGH, f"model in ('openai/gpt-4o', '{HOSTILE_MODEL}')"
    ),
    "a model that is none": Case({"range": "7d", "model": "x' or 1=1 --"}, DATA_THROUGH - days(7), DATA_THROUGH, "false"),
    "one type": Case({"range": "7d", "type": "high_latency"}, DATA_THROUGH - days(7), DATA_THROUGH, "compensation_type = 'high_latency'"),
    "one account": Case({"range": "7d", "account": "acme"}, DATA_THROUGH - days(7), DATA_THROUGH, "account_id = 'acme'"),
    "an account with a formula's name": Case({"range": "7d", "account": HOSTILE_ACCOUNT}, DATA_THROUGH - days(7), DATA_THROUGH, f"account_id = '{HOSTILE_ACCOUNT}'"),
    "all at once": Case(
        hours(DAY, DAY + days(2), model="openai/gpt-4o-mini", type=["service_failure", "high_latency"], account="globex"),
        DAY,
        DAY + days(2),
        "model = 'openai/gpt-4o-mini' and compensation_type <> 'unsatisfactory_content' and account_id = 'globex'",
    ),
}  # fmt: skip


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request: pytest.FixtureRequest) -> Case:
    return request.param  # type: ignore[no-any-return]


def get_json(client: TestClient, question: str, params: Params) -> Any:
    answer = client.get(f"/api/{question}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_four_kpis_equal_the_facts_in_the_range(client: TestClient, gateway: Gateway, case: Case) -> None:
    [(count, total)] = gateway.query(
        f"select count(*), coalesce(sum(payout_usd), 0) from fct_compensations where {case.where}"
    )
    covered = max(0, (min(case.end, DATA_THROUGH) - max(case.start, DAY)) // timedelta(hours=1))
    average = (Decimal(total) / count).quantize(Decimal("1e-12"), ROUND_HALF_EVEN) if count else Decimal(0)
    a_day = (Decimal(count) / max(Decimal(1), Decimal(covered) / 24)).quantize(Decimal("0.1"), ROUND_HALF_EVEN)

    summary = get_json(client, "summary", case.params)

    kpis = summary["kpis"]
    assert kpis["compensation_count"] == count
    assert Decimal(kpis["total_compensation_usd"]) == total
    assert Decimal(kpis["average_per_compensation_usd"]) == average
    assert Decimal(kpis["average_compensation_per_day"]) == a_day
    assert summary["hours_covered"] == covered
    assert sum(Decimal(kind["payout_usd"]) for kind in summary["types"]) == total


def test_the_home_has_every_type_model_and_account_that_the_cases_use(gateway: Gateway) -> None:
    [(types, models, accounts, days_paid)] = gateway.query(
        "select count(distinct compensation_type), count(distinct model), count(distinct account_id), count(distinct request_date) from fct_compensations"
    )
    assert (types, models, accounts, days_paid) == (3, 4, 3, 3)


@pytest.mark.parametrize("measure", ["credits", "times"])
def test_charts_add_up_to_the_facts_of_each_bucket(
    client: TestClient, gateway: Gateway, case: Case, measure: str
) -> None:
    bucket = "hour" if case.end - case.start <= timedelta(hours=72) else "day"
    value = "sum(payout_usd)" if measure == "credits" else "count(*)"
    series = get_json(client, "series", {**case.params, "measure": measure})

    assert series["bucket"] == bucket
    first = case.start if bucket == "hour" else case.start.replace(hour=0)
    step = timedelta(hours=1) if bucket == "hour" else timedelta(days=1)
    assert [datetime.fromisoformat(at[:-1]) for at in series["buckets"]] == [
        first + step * number for number in range(-((first - case.end) // step))
    ]
    for name, groups in (("compensation_type", series["by_type"]), ("model", series["by_model"])):
        expected = {
            (at, key): Decimal(amount)
            for at, key, amount in gateway.query(
                f"select date_trunc('{bucket}', requested_at), {name}, {value} from fct_compensations where {case.where} group by all"
            )
        }
        charted = {
            (datetime.fromisoformat(at[:-1]), group["key"]): Decimal(amount)
            for group in groups
            for at, amount in zip(series["buckets"], group["values"], strict=True)
            if Decimal(amount)
        }
        assert charted == expected


def all_rows(client: TestClient, params: Params, page_size: int) -> tuple[list[tuple[str, str, Decimal]], set[int]]:
    """The rows of all pages in order, and the totals that the pages reported."""
    rows: list[tuple[str, str, Decimal]] = []
    totals: set[int] = set()
    while True:
        page = len(rows) // page_size + 1
        answer = get_json(client, "details", {**params, "page": page, "page_size": page_size})
        totals.add(answer["total"])
        rows += [(row["source"], row["request_id"], Decimal(row["payout"])) for row in answer["rows"]]
        if len(answer["rows"]) < page_size:
            return rows, totals


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_paging_shows_every_row_once_in_order_of_time(
    client: TestClient, gateway: Gateway, case: Case, direction: str
) -> None:
    expected = gateway.query(
        f"select source, request_id, payout_usd from fct_compensations where {case.where}"
        f" order by requested_at {direction}, source, request_id"
    )
    assert all_rows(client, {**case.params, "direction": direction}, 17) == (expected, {len(expected)})


@pytest.mark.parametrize("column", ["model", "input_tokens", "cost", "latency", "throughput", "finish", "payout"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_the_table_can_be_sorted_by_every_column(
    client: TestClient, gateway: Gateway, column: str, direction: str
) -> None:
    expected = gateway.query(
        "select source, request_id, payout from mart_compensation_details"
        f' order by "{column}" {direction} nulls last, "timestamp" desc, source, request_id'
    )
    assert all_rows(client, {"sort": column, "direction": direction}, 50) == (expected, {len(expected)})


COLUMN_FILTERS = {
    "cost": ({"min_cost": "0.03", "max_cost": "0.09000001"}, "cost_usd between 0.03 and 0.09000001"),
    "payout to the last digit": ({"min_payout": "0.001000001"}, "payout_usd >= 0.001000001"),
    "latency": ({"min_latency": 5_000}, "latency_ms >= 5000"),
    "tokens": ({"max_output_tokens": 0, "min_input_tokens": 100}, "output_tokens <= 0 and input_tokens >= 100"),
    "throughput": ({"max_throughput": "0.5"}, "throughput_tps <= 0.5"),
    "time": ({"min_timestamp": "2026-11-01T05:00", "max_timestamp": "2026-11-02T10:30:00.500Z"}, "requested_at between '2026-11-01 05:00' and '2026-11-02 10:30:00.5'"),
    "time of another zone": ({"min_timestamp": "2026-11-02T05:00:00+09:00"}, "requested_at >= '2026-11-01 20:00'"),
    "finish": ({"finish": ["error", "none"]}, "coalesce(finish_reason, 'none') in ('error', 'none')"),
    "model": ({"model_contains": "GPT-4O"}, "model like '%gpt-4o%'"),
    "a percent sign is no wildcard": ({"model_contains": "%"}, "false"),
    "category": ({"category": "service_failure"}, "compensation_type = 'service_failure'"),
    "several": ({"category": "high_latency", "min_cost": "0.05", "model_contains": "gpt"}, "compensation_type = 'high_latency' and cost_usd >= 0.05 and model like '%gpt%'"),
}  # fmt: skip


@pytest.mark.parametrize(("params", "condition"), COLUMN_FILTERS.values(), ids=COLUMN_FILTERS.keys())
def test_a_column_filter_applies_to_the_rows_and_their_total(
    client: TestClient, gateway: Gateway, params: Params, condition: str
) -> None:
    expected = gateway.query(
        f"select request_id from fct_compensations where {condition} order by requested_at desc, source, request_id"
    )
    pages = [get_json(client, "details", {**params, "page": page, "page_size": 50}) for page in (1, 2, 3)]
    assert [(row["request_id"],) for page in pages for row in page["rows"]] == expected
    assert {page["total"] for page in pages} == {len(expected)}
    assert expected or condition == "false"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "yesterday"])
def test_an_invalid_time_is_refused(client: TestClient, at: str) -> None:
    assert client.get("/api/details", params={"min_timestamp": at}).status_code == 422


def test_a_change_compares_with_the_period_of_the_same_length_before(client: TestClient, gateway: Gateway) -> None:
    second_day = hours(DAY + days(1), DAY + days(2))
    [(current_usd, previous_usd)] = gateway.query(
        "select sum(payout_usd) filter (where request_date = '2026-11-02'), sum(payout_usd) filter (where request_date = '2026-11-01') from fct_compensations"
    )
    summary = get_json(client, "summary", second_day)
    assert Decimal(summary["before"]["total_compensation_usd"]) == previous_usd
    assert Decimal(summary["change"]["total_compensation_usd"]) == (
        (current_usd - previous_usd) / previous_usd * 100
    ).quantize(Decimal("0.1"), ROUND_HALF_EVEN)


def test_there_is_no_change_if_the_period_before_is_not_completely_published(client: TestClient) -> None:
    summary = get_json(client, "summary", hours(DAY + timedelta(hours=12), DAY + days(2)))
    assert summary["before"] is None
    assert set(summary["change"].values()) == {None}


def test_the_largest_models_are_drawn_and_the_others_are_combined(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_models = get_json(client, "series", {"range": "7d"})["by_model"]
    monkeypatch.setattr("dashboard.queries.MODELS_DRAWN", 2)
    combined = get_json(client, "series", {"range": "7d"})["by_model"]
    assert combined[:2] == all_models[:2]
    assert (combined[2]["key"], combined[2]["label"]) == (None, "Other (2)")
    assert Decimal(combined[2]["total"]) == sum(Decimal(group["total"]) for group in all_models[2:])


def test_a_request_id_with_slashes_and_special_characters_is_found(client: TestClient) -> None:
    from urllib.parse import quote

    found = client.get(f"/api/requests/gateway/{quote(SLASHED_ID, safe='')}").json()
    assert (found["request_id"], found["reason_code"]) == (SLASHED_ID, "compensated")
    assert found["meta"]["context"] == {"attempts": [1, 2], "note": "[not kept]"}
