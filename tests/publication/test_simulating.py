"""`makegood simulate`: the rules in force give exactly what was paid, and other rules show which accounts gain or lose."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from command_line import exit_code
from running_gateway import FIRST, Gateway, record

from makegood.policy.seeds import SEEDS

AT = FIRST + timedelta(minutes=5)
SHIPPED = (SEEDS / "compensation_rules.csv").read_text()
RANGE = ("--from", "2026-11-01T00", "--to", "2026-11-01T01")

Simulate = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    gateway = Gateway(tmp_path_factory.mktemp("simulating"))
    gateway.land(
        FIRST,
        [
            record("fine", AT),
            record("failed", AT, finish_reason="error", status_code="503", cost_usd="0.020000000001"),
            record("crawling", AT, 40_000, output_tokens=100, cost_usd="0.041216", account_id="globex"),
            record("endless", AT, 600_000, output_tokens=10_000, cost_usd="0.3", model="house/model"),
            record("unpriced", AT, cost_usd=None, output_tokens=0, model="house/model"),
        ],
    )
    gateway.run(FIRST)
    return gateway


@pytest.fixture
def simulate(
    paid: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Simulate:
    """A function that runs `makegood simulate` with these rules and returns exit code, standard output and standard error."""
    monkeypatch.setenv("MAKEGOOD_HOME", str(paid.root))

    def run(rules: str, *arguments: str) -> tuple[int, str, str]:
        (tmp_path / "candidate.csv").write_text(rules)
        code = exit_code("simulate", "--rules", str(tmp_path / "candidate.csv"), *(arguments or RANGE))
        return code, *capfd.readouterr()

    return run


def test_the_rules_in_force_would_have_paid_exactly_what_was_paid(simulate: Simulate, paid: Gateway) -> None:
    code, out, _ = simulate(SHIPPED, *RANGE, "--json")
    assert code == 0
    [(count, usd)] = paid.query("select count(*), sum(payout_usd) from fct_compensations")
    assert json.loads(out)["total"] == {
        "paid_count": count,
        "paid_usd": f"{usd:f}",
        "candidate_count": count,
        "candidate_usd": f"{usd:f}",
        "difference_usd": "0.000000000000",
        "winner_count": 0,
        "loser_count": 0,
    }
    assert json.loads(out)["request_count"] == 5


def test_a_simulation_of_other_rules_shows_who_gains_and_who_loses_and_changes_nothing(
    simulate: Simulate, paid: Gateway, tmp_path: Path
) -> None:
    candidate = SHIPPED.replace(",30000,0.1000,1,", ",30000,0.2000,1,").replace(
        "latency_ms,>=,600000", "latency_ms,>=,600001"
    )
    before = {file: file.stat().st_mtime_ns for file in (paid.root / "warehouse").rglob("*") if file.is_file()}
    marts = paid.marts()
    code, out, _ = simulate(candidate, *RANGE, "--json", "--out", str(tmp_path / "out.parquet"))
    assert code == 0
    simulation = json.loads(out)
    assert simulation["total"]["difference_usd"] == "-0.145878400000"
    assert (simulation["total"]["winner_count"], simulation["total"]["loser_count"]) == (1, 1)
    by_account = {row["account_id"]: row["difference_usd"] for row in simulation["by"]["account_id"]}
    assert by_account == {"acme": "-0.150000000000", "globex": "0.004121600000"}
    assert [row["model"] for row in simulation["by"]["model"]] == ["house/model", "openai/gpt-4o"]
    written = duckdb.execute(
        f"select account_id, paid_usd, candidate_usd, difference_usd from '{tmp_path / 'out.parquet'}' where model = 'house/model'"
    )
    assert written.fetchall() == [("acme", Decimal("0.15"), Decimal(0), Decimal("-0.15"))]
    assert paid.marts() == marts
    data = {file for file in before if file.suffix == ".parquet"}
    assert all(file.stat().st_mtime_ns == before[file] for file in data)
    assert set((paid.root / "warehouse").rglob("*.parquet")) == data
    assert "1 get more, 1 get less" in simulate(candidate)[1]


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (
            SHIPPED.replace("1.0000", "1.5000"),
            "candidate.csv line 2: payout_rate is 1.5000: a rate lies between 0 and 1",
        ),
        (SHIPPED.replace("upstream_failed", "mood"), "candidate.csv line 2: there is no signal 'mood'"),
        ("nothing", "candidate.csv line 1: the column policy_version is missing"),
    ],
)
def test_invalid_candidate_rules_are_refused_like_invalid_seeds(simulate: Simulate, rules: str, sentence: str) -> None:
    code, out, err = simulate(rules)
    assert code == 1
    assert err.startswith("makegood: the policy is refused: ")
    assert sentence in err
    assert out == ""


def test_a_simulation_of_hours_without_requests_is_refused(simulate: Simulate) -> None:
    code, _, err = simulate(SHIPPED, "--from", "2026-10-01T00", "--to", "2026-10-01T01")
    assert code == 1
    assert "no published request was asked from 2026-10-01T00 to 2026-10-01T01" in err
