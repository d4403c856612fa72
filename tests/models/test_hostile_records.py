"""Records of other accounts cannot change an account's decisions, from landing through all models."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
import yaml

from makegood.derivation import window
from makegood.ingestion.finding import find_files
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.landing import land
from makegood.ingestion.sources import ADAPTERS, Source
from makegood.policy.digests import policy_digests
from makegood.policy.seeds import SEEDS, read
from makegood.storage.connections import connect
from makegood.verdicts import placing

Record = dict[str, Any]
HOUR = datetime(2026, 11, 1, 5)
HOURS = [HOUR + timedelta(hours=number) for number in range(4)]
TRIALS = 8
MODELS = (
    "stg_repeated_deliveries", "stg_request_logs", "stg_content_assessments", "int_latency_baselines",
    "int_request_observations", "int_request_signals", "int_rule_matches", "fct_requests",
)  # fmt: skip
POSITION_COLUMNS = ("source", "request_key", "landing_file", "landing_line")
"""Columns that depend on where a record lies in its file, and so differ when other records surround it."""
IDS = ("chatcmpl-0", "batch_1", "resp_1", "None", "c1", None)
CALL_IDS = ("c1", "c2", "chatcmpl-0", "batch_1", None)
OTHERS = ("other", None, "", "unknown", "Acme", "acme ", "default_user_id", "litellm-dashboard")
ANSWERS: tuple[Record, ...] = (
    {"object": "chat.completion", "choices": [{"finish_reason": "stop", "message": {"content": "x"}}]},
    {"object": "chat.completion", "choices": [{"finish_reason": "stop", "message": {"content": ""}}]},
    {"object": "chat.completion", "choices": [{"finish_reason": "length", "message": {"content": '{"a":'}}]},
    {"object": "response", "id": "resp_1", "status": "completed", "background": True, "output": []},
    {"object": "batch", "id": "batch_1", "status": "completed"},
    {"text": "redacted-by-litellm"},
)
CALLS = ("acompletion", "acompletion", "aresponses", "aget_responses", "aretrieve_batch", "acreate_batch", "aembedding")


def a_record(chances: Random, team: str | None) -> Record:
    """A LiteLLM record of this team, with ids that other records share."""
    start = HOUR.replace(tzinfo=UTC).timestamp() + chances.choice((60, 60, 61, 600, 3660))
    record: Record = {
        "id": chances.choice(IDS),
        "litellm_call_id": chances.choice(CALL_IDS),
        "trace_id": chances.choice(("t1", None)),
        "call_type": chances.choice(CALLS),
        "status": "success",
        "custom_llm_provider": "openai",
        "startTime": start,
        "endTime": start + chances.choice((1, 30, 700)),
        "model": "gpt-4o",
        "response_cost": chances.choice((0.0016, 0.0016, 4.0, 0.0)),
        "prompt_tokens": chances.choice((400, 400, 0)),
        "completion_tokens": chances.choice((60, 60, 0)),
        "model_parameters": chances.choice(({}, {"max_tokens": 4096, "response_format": {"type": "json_object"}})),
        "metadata": {"user_api_key_team_id": team, "user_api_key_hash": chances.choice(("hash", None))},
        "response": chances.choice(ANSWERS),
    }
    if chances.random() < 0.2:
        record |= {
            "status": "failure",
            "response": {},
            "error_information": {"error_code": "503", "error_class": "APIError"},
        }
    return record


def a_hostile_record(chances: Random, own_records: list[Record]) -> Record:
    """A record of another caller that uses the account's ids and times, and claims to be the account in every field a caller can set."""
    team = chances.choice(OTHERS)
    record = copy.deepcopy(chances.choice(own_records)) if chances.random() < 0.6 else a_record(chances, team)
    record["metadata"] = {
        "user_api_key_team_id": team,
        "user_api_key_hash": chances.choice(("hash", "acme", None)),
        "user_api_key_end_user_id": "acme",
        "requester_metadata": {"user_api_key_team_id": "acme", "account_id": "acme"},
    }
    record |= {"end_user": "acme", "session_id": "acme", "request_tags": ["litellm-internal-health-check", "acme"]}
    record["messages"] = [{"role": "user", "content": '"user_api_key_team_id": "acme", "response_cost": 0, "id": "c1"'}]
    if chances.random() < 0.4:
        record |= chances.choice(
            (
                {"status": "failure", "response_cost": 0.0, "response": {}, "error_information": {"error_code": "400"}},
                {"response_cost": 9.0},
                {"call_type": "aget_responses"},
                {"error_information": {"error_code": "499"}},
                {"startTime": record["startTime"] - 5000, "endTime": record["endTime"] + 5000},
                {"model_parameters": {"max_tokens": -1}},
                {"account_id": "acme", "request_id": "c1"},
                {"cache_hit": True, "model": "acme"},
            )
        )
    return record


def interleaved(chances: Random, own_records: list[Record], others: list[Record]) -> list[Record]:
    """The account's records in their order, with the other records at random positions between them."""
    placed_hostile = sorted([*((chances.random(), record) for record in others)], key=lambda placed: placed[0])
    positions = sorted(chances.random() for _ in own_records)
    placed_records = [*zip(positions, own_records, strict=True), *placed_hostile]
    return [record for _, record in sorted(placed_records, key=lambda placed: placed[0])]


def decided(home: Path, sources: list[Source], compiled: dict[str, str]) -> list[dict[str, Any]]:
    """The decisions on all landing files of the home, derived by landing and the models under the shipped seeds."""
    (home / "lake").mkdir()
    inventory = Inventory(home / "lake" / "inventory.sqlite")
    land(find_files(sources, HOURS, home), home / "lake", inventory)
    placing.place(HOURS, home / "lake", inventory)
    planned = window.plan(HOURS, home / "lake", inventory)
    window.write(planned, home / "lake", inventory, policy_digests(read()), home / "run.duckdb")
    inventory.close()
    with connect(extensions=()) as con:
        con.execute("attach ':memory:' as makegood")
        con.execute(f"attach '{home / 'run.duckdb'}' as run (read_only)")
        for seed in yaml.safe_load((SEEDS / "seeds.yml").read_text())["seeds"]:
            columns = {column["name"]: column["data_type"] for column in seed["columns"]}
            con.execute(
                f"create table makegood.{seed['name']} as from read_csv($file, header = true, auto_detect = false, columns = $columns)",
                {"file": str(SEEDS / f"{seed['name']}.csv"), "columns": columns},
            )
        for model in MODELS:
            database = "makegood" if model in ("int_latency_baselines", "fct_requests") else "memory"
            con.execute(f"create table {database}.{model} as {compiled[model]}")
        result: duckdb.DuckDBPyConnection = con.execute("from makegood.fct_requests order by all")
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def of_account(rows: list[dict[str, Any]], source: str) -> list[str]:
    """The decided rows of the account's requests from one source, without the columns that depend on their position."""
    return sorted(
        repr({name: value for name, value in row.items() if name not in POSITION_COLUMNS})
        for row in rows
        if row["source"] == source and row["account_id"] == "acme"
    )


@pytest.fixture(scope="module")
def decisions(tmp_path_factory: pytest.TempPathFactory, compiled: dict[str, str]) -> list[dict[str, Any]]:
    """The decisions of every trial: the account's records in one source by themselves, and in another among hostile records."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    home.mkdir()
    sources = []
    for trial in range(TRIALS):
        chances = Random(trial)
        own_records = [a_record(chances, "acme") for _ in range(30)]
        others = [a_hostile_record(chances, own_records) for _ in range(60)]
        hours = [chances.choice(HOURS[1:3]) for _ in own_records]
        for name, is_control in ((f"alone-{trial}", True), (f"among-{trial}", False)):
            sources.append(
                Source(name, ADAPTERS / "litellm.sql", str(home / "landing" / name / "{date}" / "{hour}" / "*"))
            )
            for hour in HOURS:
                records = [record for record, landed in zip(own_records, hours, strict=True) if landed == hour]
                if not is_control:
                    records = interleaved(chances, records, [other for other in others if chances.random() < 0.5])
                file = home / "landing" / name / f"{hour:%Y-%m-%d}" / f"{hour:%H}" / "log.jsonl"
                file.parent.mkdir(parents=True)
                file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return decided(home, sources, compiled)


@pytest.mark.parametrize("trial", range(TRIALS))
def test_records_of_other_accounts_change_no_decision_of_an_account(
    decisions: list[dict[str, Any]], trial: int
) -> None:
    alone = of_account(decisions, f"alone-{trial}")
    assert alone
    assert of_account(decisions, f"among-{trial}") == alone


def test_the_trials_cover_several_reason_codes_and_the_hostile_records_are_decided_too(
    decisions: list[dict[str, Any]],
) -> None:
    own_records = [row for row in decisions if row["account_id"] == "acme"]
    assert {row["reason_code"] for row in own_records} >= {
        "compensated",
        "within_normal_range",
        "not_a_purchase",
        "not_billed",
        "cost_unknown",
    }
    assert {row["account_id"] for row in decisions} > {"acme", "other", "unknown", "Acme"}
