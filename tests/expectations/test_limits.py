"""Limits of audits in `audits.yml`: for all rows, for a source and for a model; and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from audited_home import REQUESTS, Home, find

from expectations.limits import DEFAULTS, Limits, read_limits
from expectations.suites import SUITES
from makegood.errors import MakegoodError

HOSTILE = "it's '; drop table x; --"


def limits(home: Path, text: str) -> Limits:
    (home / "audits.yml").write_text(text)
    return read_limits(home)


def test_without_a_file_or_with_an_empty_one_the_defaults_are_in_force(tmp_path: Path) -> None:
    assert read_limits(tmp_path).values == DEFAULTS
    assert limits(tmp_path, "# nothing yet\n").values == DEFAULTS


def test_a_limit_for_all_rows_replaces_the_default(home: Home) -> None:
    home.execute("update makegood.fct_compensations set payout_usd = 150 where request_id = 'r7'")
    assert find(home.audit("fct_compensations"), "largest_payout_usd", "hold").outcome == "failed"
    (home.path / "audits.yml").write_text("limits: {PAYOUT_USD_HOLD: 150}")
    measured = find(home.audit("fct_compensations"), "largest_payout_usd", "hold")
    assert (measured.outcome, measured.threshold["max_value"]) == ("passed", 150)


def test_a_minimum_number_of_requests_is_filled_into_the_queries(home: Home) -> None:
    (home.path / "audits.yml").write_text("limits: {MIN_REQUESTS: 1000000}")
    assert find(home.audit("fct_compensations"), "payout_share", "hold").outcome == "no data"


@pytest.mark.parametrize("model", ["some/model", HOSTILE])
def test_a_limit_of_a_model_applies_to_its_rows_alone(home: Home, model: str) -> None:
    quoted = model.replace("'", "''")
    home.execute(f"update makegood.fct_requests set model = '{quoted}' where request_id = 'r7'")
    home.execute("update makegood.fct_requests set latency_ms = 90000000 where request_id in ('r7', 'r8')")
    home.execute("update makegood.fct_requests set model = null where request_id = 'r9'")
    (home.path / "audits.yml").write_text(yaml.safe_dump({"models": {model: {"LATENCY_MS_MAX": 90_000_000}}}))
    found = {
        measured.sentence: (measured.outcome, measured.judged_count, measured.unexpected_count)
        for measured in home.audit("fct_requests").measurements
        if measured.columns == ["latency_ms"] and measured.severity == "warning"
    }
    sentence = "no request lasts longer than a day"
    assert found == {f"{sentence}, for model {model}": ("passed", 1, 0), sentence: ("failed", REQUESTS - 1, 1)}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[", "cannot be read as YAML"),
        ("- limits", "must be names with values below it"),
        ("limits: 3", "must be names with values below it"),
        ("limit: {}", "has a section 'limit': there are limits, models, sources"),
        ("limits: {PAYOUT_USD_HOLDS: 3}", "PAYOUT_USD_HOLDS is no limit here; did you mean PAYOUT_USD_HOLD?"),
        ("limits: {PAYOUT_USD_HOLD: -1}", "PAYOUT_USD_HOLD is -1; it must be a number from 0"),
        ("limits: {PAYOUT_USD_HOLD: .nan}", "it must be a number"),
        ("limits: {PAYOUT_USD_HOLD: '3'}", "it must be a number"),
        ("limits: {PAYOUT_USD_HOLD: true}", "it must be a number"),
        ("limits: {PAYOUT_SHARE_HOLD: 1.5}", "it must be a number from 0 to 1"),
        ("limits: {HISTORY_DAYS: 3650}", "it must be a number from 0 to 60"),
        ("limits: {MIN_REQUESTS: 2.5}", "it must be a whole number"),
        ("models: {m: {PAYOUT_USD_HOLD: 3}}", "PAYOUT_USD_HOLD is no limit here; there are"),
        ("sources: {s: 3}", "must be names with values below it"),
        ("a: " + "[" * 2_000, "cannot be read as YAML"),
    ],
)
def test_what_does_not_exist_or_cannot_be_is_refused_with_the_place(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(MakegoodError) as refused:
        limits(tmp_path, text)
    assert reason in str(refused.value) and "audits.yml" in str(refused.value)


def test_rows_of_a_model_with_its_own_limits_do_not_count_for_their_source(tmp_path: Path) -> None:
    found = limits(tmp_path, "models: {m: {LATENCY_MS_MAX: 1}}\nsources: {s: {LATENCY_MS_MAX: 2}}")
    (rows, _) = SUITES["fct_requests"].relations
    groups = found.groups(rows)
    assert [name for name, _, _ in groups] == ["model m", "source s", ""]
    assert [values["LATENCY_MS_MAX"] for _, _, values in groups] == [1, 2, DEFAULTS["LATENCY_MS_MAX"]]
    assert "model not in ('m')" in groups[1][1]
