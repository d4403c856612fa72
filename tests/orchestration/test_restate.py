"""A policy changed in the past: its hours are stale, restating derives them again and nothing else, and what changed is said first."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from running_gateway import FIRST, Gateway, record

from makegood.hours import HOUR
from makegood.settings import PROJECT

SHIPPED = ("makegood", "orchestration", "expectations", "dbt_project", "models")
AT = FIRST + timedelta(minutes=5)


class ProjectCopy:
    """A copy of the project, whose policy a test may change, over a gateway's home."""

    def __init__(self, place: Path, gateway: Gateway) -> None:
        self.place, self.gateway = place, gateway
        for folder in SHIPPED:
            shutil.copytree(
                PROJECT / folder, place / folder, ignore=shutil.ignore_patterns("target", "logs", "__pycache__")
            )
        shutil.copy2(PROJECT / "dagster.yaml", place)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command of the copy: exit code, standard output, standard error."""
        result = subprocess.run(
            [sys.executable, "-m", "orchestration", *arguments],
            cwd=self.place,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": str(self.place),
                "MAKEGOOD_HOME": str(self.gateway.root),
                "MAKEGOOD_SOURCES": str(self.gateway.root / "sources.yml"),
            },
        )
        return result.returncode, result.stdout, result.stderr

    def run_json(self, *arguments: str) -> Any:
        code, out, err = self.run(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    def edit_rules(self, before: str, after: str) -> None:
        rules = self.place / "dbt_project" / "seeds" / "compensation_rules.csv"
        assert before in rules.read_text()
        rules.write_text(rules.read_text().replace(before, after))


@pytest.fixture
def project(tmp_path: Path, gateway: Gateway) -> ProjectCopy:
    place = tmp_path / "project"
    place.mkdir()
    return ProjectCopy(place, gateway)


def test_a_rate_changed_in_the_past_is_stale_and_explained_as_it_was_until_its_hours_are_restated(
    project: ProjectCopy,
) -> None:
    for number in (0, 1):
        records = [record(f"failed-{number}", AT + HOUR * number, status_code="503", cost_usd="0.02")]
        project.gateway.land(FIRST + HOUR * number, records)
    project.run_json("run", "--from", "2026-11-01T00", "--to", "2026-11-01T02")
    assert project.run_json("status")["stale_hours"] == []

    project.edit_rules(',1.0000,,2020-01-01 00:00:00,,"The upstream', ',0.5000,,2020-01-01 00:00:00,,"The upstream')
    assert project.run_json("status")["stale_hours"] == ["2026-11-01T00:00:00", "2026-11-01T01:00:00"]

    project.gateway.land(FIRST + 2 * HOUR, [record("failed-2", AT + 2 * HOUR, status_code="503", cost_usd="0.02")])
    project.run_json("run", "--from", "2026-11-01T02", "--to", "2026-11-01T03")
    assert project.run_json("explain", "failed-0")["sentence"] == (
        "$0.02 is paid as Service Failure under rule SF-1, which was changed since: 1 was observed where it paid at 1."
        " It pays 100% of the cost of $0.02."
    )
    assert project.run_json("explain", "failed-2")["sentence"].endswith("It pays 50% of the cost of $0.02.")
    assert project.gateway.query("select request_id, payout from mart_compensation_details order by 1") == [
        ("failed-0", Decimal("0.02")),
        ("failed-1", Decimal("0.02")),
        ("failed-2", Decimal("0.01")),
    ]

    code, out, err = project.run("restate", "--from", "2026-11-01T00", "--to", "2026-11-01T01", "--json")
    assert code == 0, err
    change = {
        "compensation_type": "service_failure",
        "count_before": 1,
        "count_after": 1,
        "usd_before": "0.020000000000",
        "usd_after": "0.010000000000",
    }
    assert json.loads(out)["changes"] == [change]
    message = "about to be published: service_failure: 1 → 1 compensations, 0.020000000000 → 0.010000000000 USD"
    assert message in err
    assert project.gateway.query("select request_id, payout_usd from fct_requests order by 1") == [
        ("failed-0", Decimal("0.01")),
        ("failed-1", Decimal("0.02")),
        ("failed-2", Decimal("0.01")),
    ]
    assert project.run_json("status")["stale_hours"] == ["2026-11-01T01:00:00"]

    types = project.place / "dbt_project" / "seeds" / "compensation_types.csv"
    shipped = types.read_text()
    types.write_text(shipped + "goodwill,Goodwill,4,Nobody is published to have it.\n")
    rules = (project.place / "dbt_project" / "seeds" / "compensation_rules.csv").read_text()
    candidate = project.place / "candidate.csv"
    candidate.write_text(
        rules.replace("SF-1,service_failure", "GW-1,goodwill", 1) + rules.splitlines()[1].replace("0.5000", "0.2000")
    )
    simulated = project.run_json(
        "simulate", "--rules", str(candidate), "--from", "2026-11-01T02", "--to", "2026-11-01T03"
    )
    assert {row["compensation_type"]: row["candidate_count"] for row in simulated["by"]["compensation_type"]} == {
        "goodwill": 1,
        "service_failure": 0,
    }
    types.write_text(shipped)

    code, _, err = project.run("restate", "--from", "2026-10-01T00", "--to", "2026-10-01T01")
    assert code == 1
    assert "nothing to restate: no request hour from 2026-10-01T00 to 2026-10-01T01 has been derived" in err

    project.edit_rules("SF-1,service_failure,upstream_failed", "SF-1,service_failure,mood")
    code, _, err = project.run("run", "--from", "2026-11-01T00", "--to", "2026-11-01T01")
    assert code == 1
    assert err.splitlines()[-1].startswith(
        "makegood: the policy is refused: compensation_rules.csv line 2: there is no signal 'mood'"
    )
