"""The command line: bad input gives one sentence and a non-zero exit code, good input gives its result."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import command_line
import pytest
from running_gateway import FIRST, Gateway, record

from expectations.thresholds import MIN_REQUESTS

Makegood = Callable[..., tuple[int, str, str]]


@pytest.fixture
def makegood(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Makegood:
    """The command line over the gateway's home: exit code, standard output, standard error."""
    monkeypatch.setenv("MAKEGOOD_HOME", str(gateway.root))
    monkeypatch.setenv("MAKEGOOD_SOURCES", str(gateway.root / "sources.yml"))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = command_line.exit_code(*arguments)
        return code, *capfd.readouterr()

    return run


RUN = ("run", "--from", "2026-11-01T00", "--to", "2026-11-01T01")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "--from", "2026-11-02T00", "--to", "2026-11-01T00"), "holds no hour: --to must be later than --from"),
        (("run", "--from", "2026-11-01T00", "--to", "2026-11-01T00"), "holds no hour"),
        (("run", "--from", "yesterday", "--to", "2026-11-01T00"), "'yesterday' is not an hour in UTC"),
        (("run", "--from", "2026-11-01T00:30", "--to", "2026-11-01T02"), "is not an hour in UTC"),
        (("run", "--from", "2026-11-01T00", "--to", "2999-01-01T00"), "is not over yet"),
        (
            ("run", "--from", "2020-01-01T00", "--to", "2020-01-01T01"),
            "before the first hour that can be run, 2023-01-01T00",
        ),
        (("sql", "select 1"), "nothing is published yet: run `makegood run"),
        (("status",), "nothing is published yet"),
        (("sql", "select 1", "--format", "xml"), "--format xml: there are table, csv and json"),
        (("generate", "--rows-per-hour", "1"), "rows per hour, not 1"),
        (("generate", "--from", "9999-12-31T00", "--hours", "99999"), "cannot generate 99999 hours from 9999-12-31T00"),
        (("settle", "--date", "yesterday"), "'yesterday' is not a day; write it like 2026-11-01"),
        (("settle", "--date", "2999-01-01"), "2999-01-01 is not between 2023-01-01 and today"),
        (("settle", "--date", "2026-11-01", "--dry-run"), "nothing is published yet"),
        (("verify",), "nothing is published yet"),
        (("generate", "--from", "noon"), "'noon' is not an hour in UTC"),
    ],
)
def test_bad_input_gives_one_sentence_and_a_failure(
    makegood: Makegood, arguments: tuple[str, ...], sentence: str
) -> None:
    code, out, err = makegood(*arguments)
    assert code == 1
    assert sentence in err
    assert err.startswith("makegood: ")
    assert err.count("\n") == 1
    assert out == ""


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ("sources: [", "is not YAML"),
        ("nothing: here", "names no sources"),
        ("sources: [{name: a, adapter: telepathy, files: x}]", "there is no adapter 'telepathy'; there are: canonical"),
        ("sources: [{name: a, files: x}]", "source 1: `adapter` is missing"),
        ("sources: [{name: a, adapter: canonical, files: x, file: y}]", "unknown field `file`"),
        ("sources: [{name: a, adapter: canonical, files: 'x/{date}/y'}]", "both {date} and {hour}"),
        ("sources: [{name: 'a/b', adapter: canonical, files: x}]", "may hold letters"),
    ],
)
def test_wrong_sources_are_reported_with_the_mistake(
    makegood: Makegood, gateway: Gateway, sources: str, sentence: str
) -> None:
    (gateway.root / "sources.yml").write_text(sources)
    code, _, err = makegood(*RUN)
    assert code == 1
    assert sentence in err
    assert "Traceback" not in err


def test_a_missing_sources_file_is_reported(makegood: Makegood, gateway: Gateway) -> None:
    (gateway.root / "sources.yml").unlink()
    code, _, err = makegood(*RUN)
    assert code == 1
    assert "sources.yml: No such file or directory; set MAKEGOOD_SOURCES" in err


def test_an_outdated_environment_gives_one_sentence(
    makegood: Makegood, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("makegood.derivation.dbt_project.DBT", str(tmp_path / "makegood-dbt"))
    code, _, err = makegood(*RUN)
    assert (code, "set the environment up again" in err, "Traceback" in err) == (1, True, False)


def test_a_wrong_setting_is_reported_by_name(makegood: Makegood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEGOOD_LOOKBACK_HOURS", "abc")
    code, _, err = makegood("status")
    assert code == 1
    assert err.startswith("makegood: MAKEGOOD_LOOKBACK_HOURS is 'abc': ")


def test_a_home_that_is_a_file_gives_one_sentence(
    makegood: Makegood, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = gateway.root / "file"
    file.write_text("")
    monkeypatch.setenv("MAKEGOOD_HOME", str(file))
    for command in (RUN, ("generate",), ("sql", "select 1"), ("status",)):
        code, _, err = makegood(*command)
        assert code == 1
        assert err.splitlines()[-1].startswith("makegood: cannot use the home")
        assert "Traceback" not in err


def test_sql_reads_published_numbers_and_nothing_else(makegood: Makegood, gateway: Gateway, tmp_path: Path) -> None:
    gateway.land(FIRST, [record("failed", FIRST + timedelta(minutes=1), status_code="503", cost_usd="0.020000000001")])
    code, out, _ = makegood(*RUN, "--json")
    assert code == 0
    assert json.loads(out)["publication"]["payout_usd"] == "0.020000000001"

    query = "select request_id, payout_usd, requested_at, null as nothing from fct_compensations"
    assert makegood("sql", query, "--format", "json")[1] == (
        '[{"request_id": "failed", "payout_usd": "0.020000000001", "requested_at": "2026-11-01T00:01:00", "nothing": null}]\n'
    )
    assert makegood("sql", query, "--format", "csv")[1] == (
        "request_id,payout_usd,requested_at,nothing\nfailed,0.020000000001,2026-11-01T00:01:00,\n"
    )
    assert "0.020000000001" in makegood("sql", query)[1]

    code, out, _ = makegood("status", "--json")
    assert code == 0
    assert json.loads(out)["hour_equation"] == {"hours": 1, "landed": 1, "current": 1, "superseded": 0}
    assert "✓ 1 landed = 1 current + 0 superseded, in 1 request hours" in makegood("status")[1]

    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    for query in (
        "selec 1",
        "select * from no_such_table",
        "delete from fct_requests",
        "create table t as select 1",
        f"copy fct_requests to '{tmp_path}/out.csv'",
        f"select * from read_csv('{secret.parent.parent}/x.csv')",
        "select * from read_csv('/etc/passwd')",
        "attach '/tmp/other.db'",
        "set enable_external_access = true",
        "select 1; select 2",
        "",
    ):
        code, out, err = makegood("sql", query)
        assert code == 1, query
        assert err.startswith("makegood: "), query
        assert out == "", query


def test_unaudited_hours_make_the_status_unsound(started: Gateway) -> None:
    later = FIRST + timedelta(hours=1)
    started.land(later, [record(f"r{n}", later, cost_usd=None, model="house/model") for n in range(MIN_REQUESTS)])
    code, _, err = command_line.makegood(started.root, "run", "--from", "2026-11-01T01", "--to", "2026-11-01T02")
    assert code == 1
    assert "not published, checks failed (fct_requests: " in err
    code, out, _ = command_line.makegood(started.root, "status")
    assert code == 1
    assert "✗ 1 request hours (2026-11-01T01 to 2026-11-01T01) written but not audited" in out


def test_generated_hours_can_be_run(makegood: Makegood) -> None:
    assert makegood("generate", "--hours", "2", "--rows-per-hour", "2000", "--seed", "3")[0] == 0
    code, out, _ = makegood("run", "--from", "2026-11-01T00", "--to", "2026-11-01T02", "--json")
    assert code == 0
    landed = json.loads(out)["landed"]
    assert landed["records read"] == landed["rows landed"] + landed["records ignored"] + landed["records quarantined"]
    assert landed["records quarantined"] > 0
    counts = json.loads(
        makegood(
            "sql", "select sum(request_count) n, sum(compensated_count) c from fct_requests_hourly", "--format", "json"
        )[1]
    )
    assert counts[0]["n"] > 2_000
    assert counts[0]["c"] > 0
