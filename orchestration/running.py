"""One Dagster run over a range of landing hours, from this process. What a run does is the definitions'."""

import os
import sys
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

from orchestration.errors import MakegoodError
from orchestration.home import Home
from orchestration.hours import HourRange
from orchestration.ingestion.sources import read_assessments
from orchestration.policy.validation import valid_policy
from orchestration.publication.publications import Publication
from orchestration.publication.reading import current_publication
from orchestration.settings import PROJECT, Settings

LONGEST_SENTENCE = 400


@dataclass(frozen=True)
class RunReport:
    """What a run did: its id in Dagster, what it landed, and the publication that it made."""

    run_id: str
    landed: dict[str, int]
    publication: Publication


def run(hours: HourRange, settings: Settings) -> RunReport:
    """Land, derive, audit and publish these landing hours as one Dagster run, recorded in the home's instance.

    Raises:
        MakegoodError: the home, the sources or the policy cannot be used, a step failed, or an audit did not pass; readers then stay where they were.
    """
    home = Home(settings.home).prepare()
    read_assessments(settings.sources, settings.home)
    valid_policy()
    point_dagster_at(home)
    warnings.filterwarnings("ignore", module="dagster")
    import dagster as dg

    from orchestration.automation import hourly_job
    from orchestration.definitions import definitions_for
    from orchestration.partitions import partition_key

    definitions = definitions_for(settings)
    keys = list(hours)
    with dg.DagsterInstance.get() as instance, redirect_stdout(sys.stderr):
        result = definitions.resolve_job_def(hourly_job.name).execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "INFO"}}}},
            tags={
                "dagster/asset_partition_range_start": partition_key(keys[0]),
                "dagster/asset_partition_range_end": partition_key(keys[-1]),
            },
        )
    if not result.success:
        raise MakegoodError(_failure(result))
    landed = next(
        event for event in result.get_asset_materialization_events() if event.asset_key == dg.AssetKey("request_logs")
    )
    metadata = landed.materialization.metadata
    return RunReport(
        run_id=result.run_id,
        landed={name: value.value or 0 for name, value in metadata.items() if isinstance(value, dg.IntMetadataValue)},
        publication=current_publication(home.warehouse),
    )


def point_dagster_at(home: Home) -> None:
    """Make Dagster in this process keep its storage in the home, under the project's dagster.yaml."""
    os.environ["DAGSTER_HOME"] = str(PROJECT)
    os.environ["MAKEGOOD_DAGSTER"] = str(home.dagster)
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")


def _failure(result: Any) -> str:
    """One sentence: the checks or the step that failed, and why."""
    failed = [
        check for check in result.get_asset_check_evaluations() if not check.passed and check.severity.value == "ERROR"
    ]
    if failed:
        names = "; ".join(
            f"{check.asset_key.to_user_string()}: {check.description or check.check_name}" for check in failed
        )
        return f"not published, checks failed ({names}); readers stay on the last publication"
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error.cause is not None:
                error = error.cause
            return f"the run failed in {event.step_key}: {_sentence(error.message)}"
    return "the run failed before its first step; `make dev` shows its log"


def _sentence(message: str) -> str:
    """What an error says, without the names of Python's classes and without dbt's log around what the database said."""
    plain = " ".join(message.split())
    for mark in ("MakegoodError: ", "Errors parsed from dbt logs: "):
        plain = plain.partition(mark)[2] or plain
    return plain if len(plain) < LONGEST_SENTENCE else plain[:LONGEST_SENTENCE] + " … (`make dev` shows the whole log)"
