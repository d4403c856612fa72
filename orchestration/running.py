"""One Dagster run over a range of landing hours, or of one posting period, from this process. What a run does is the definitions'."""

import os
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rich.console import Console

from expectations.worker import AuditWorker
from makegood.derivation.dbt_server import DbtServer
from makegood.errors import MakegoodError
from makegood.garbage_collection import collect_seldom
from makegood.home import Home
from makegood.hours import HourRange
from makegood.policy.validation import valid_policy
from makegood.publication.publications import Publication
from makegood.publication.reading import current_publication
from makegood.settings import PROJECT, Settings
from makegood.settlement.ledger import Ledger
from makegood.settlement.settling import Terms
from makegood.settlement.usual import Usual
from makegood.storage.writing import writing
from orchestration.progress import followed
from orchestration.slicing import remaining_slices

LONGEST_SENTENCE = 400
LOCKED = "database is locked"
"""What SQLite says; DuckLake's own patience does not cover a commit that finds the catalog locked."""


@dataclass(frozen=True)
class RunReport:
    """What a run did: its last id in Dagster, what it landed of request logs and of verdicts, and the last publication that it made."""

    run_id: str
    landed: dict[str, int]
    verdicts: dict[str, int]
    publication: Publication


@dataclass(frozen=True)
class RestatementReport:
    """What a restatement did: its run's id in Dagster, the change of each type of compensation, and the publication that shows it."""

    run_id: str
    changes: list[dict[str, Any]]
    publication: Publication


@dataclass(frozen=True)
class SettlementReport:
    """What a settlement did: its run's id in Dagster, what it posted, and the publication that shows it."""

    run_id: str
    posted: dict[str, Any]
    publication: Publication


def run(hours: HourRange, settings: Settings, worker: AuditWorker | None = None) -> RunReport:
    """Land, derive, audit and publish these landing hours, recorded in the home's Dagster instance.

    A long range is run and published in slices, each of which is one Dagster run; between them others may write. If a range was
    interrupted, running it again goes on with the slice that it had come to.

    Args:
        hours: the landing hours.
        settings: where the home is, and how large a slice is.
        worker: the audit worker of a process that makes several runs; without it, one is started and ended.

    Raises:
        MakegoodError: the home, the sources or the policy cannot be used, another process writes, a step failed, or an audit did not pass; readers then stay where they were.
    """
    home = Home(settings.home).prepare()
    valid_policy()
    slices, landed, verdicts = remaining_slices(hours, home, settings), Counter[str](), Counter[str]()
    if slices[0].hours.start > hours.start:
        _say(f"Published already up to {slices[0].hours.start:%Y-%m-%dT%H}: going on from there")
    server = DbtServer(home)
    with closing(server), nullcontext(worker) if worker else closing(AuditWorker()) as auditing:
        for piece in followed(
            slices, [piece.size_bytes for piece in slices], _say, Console(stderr=True), lambda: landed["rows landed"]
        ):
            with writing(home, "run", settings.writer_patience_s):
                # dbt begins its imports before Dagster's, which take seconds too.
                server.start()
                result = _execute_audited(home, settings, "hourly", piece.hours, auditing)
                landed.update(_counts(result, "request_logs"))
                verdicts.update(counts := _counts(result, "content_assessments"))
                # These are no new ones in every slice, but those that wait now.
                verdicts["verdicts waiting"] = counts["verdicts waiting"]
                publication = current_publication(home.warehouse)
    return RunReport(result.run_id, dict(landed), dict(verdicts), publication)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def restate(hours: HourRange, settings: Settings) -> RestatementReport:
    """Derive these request hours again under today's seeds and code, and publish them, as one Dagster run; nothing lands.

    What changes is logged before it is published.

    Raises:
        MakegoodError: the policy cannot be used, nothing is published, another process writes, no such hour is derived, or an audit
            did not pass.
    """
    home = Home(settings.home).prepare()
    valid_policy()
    current_publication(home.warehouse)
    with writing(home, "restate", settings.writer_patience_s):
        with DbtServer(home):
            result = _execute_audited(home, settings, "restate", hours)
        noted = _metadata(result, "published_snapshot").get("changes")
        return RestatementReport(result.run_id, list(noted.value) if noted else [], current_publication(home.warehouse))


def terms(settings: Settings) -> Terms:
    """The terms of a settlement, as the settings have them."""
    return Terms(
        timedelta(hours=settings.settlement_grace_hours),
        settings.settlement_most_adjustments,
        settings.settlement_most_adjusted_usd,
        Usual(settings.settlement_usual_times, settings.settlement_unseen_usd, settings.settlement_first_usd),
    )


def settle(settled_date: date, settings: Settings, *, is_confirmed: bool = False) -> SettlementReport:
    """Post what is due in this posting period and publish it, as one Dagster run, recorded in the home's instance.

    Raises:
        MakegoodError: another process writes, nothing may be posted, or what was posted may not be published yet; says why.
    """
    home = Home(settings.home).prepare()
    with writing(home, "settle", settings.writer_patience_s), Ledger(home.ledger).settling():
        before = Ledger(home.ledger).head()
        config = {"ops": {"ledger_batches": {"config": {"is_confirmed": is_confirmed}}}}
        try:
            result = _execute(home, settings, "settlement", str(settled_date), str(settled_date), config)
        except MakegoodError as error:
            if Ledger(home.ledger).head() == before:
                raise
            raise MakegoodError(f"posted, and readers see it with the next publication: {error}") from error
        posted = {name: value.value for name, value in _metadata(result, "ledger_batches").items()}
        return SettlementReport(result.run_id, posted, current_publication(home.warehouse))


def point_dagster_at(home: Home) -> None:
    """Make Dagster in this process keep its storage in the home, under the project's dagster.yaml."""
    os.environ["DAGSTER_HOME"] = str(PROJECT)
    os.environ["MAKEGOOD_DAGSTER"] = str(home.dagster)
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")


def _execute_audited(
    home: Home, settings: Settings, job: str, hours: HourRange, worker: AuditWorker | None = None
) -> Any:
    """One run of a job that audits, over these hours."""
    collect_seldom()
    from orchestration.partitions import partition_key

    keys = list(hours)
    return _execute(home, settings, job, partition_key(keys[0]), partition_key(keys[-1]), worker=worker)


def _execute(
    home: Home,
    settings: Settings,
    job: str,
    first: str,
    last: str,
    config: dict[str, Any] | None = None,
    worker: AuditWorker | None = None,
) -> Any:
    """One run of a job over the partitions from `first` to `last`, in this process."""
    collect_seldom()
    point_dagster_at(home)
    warnings.filterwarnings("ignore", module="dagster")
    import dagster as dg

    from orchestration.definitions import definitions_for

    definitions = definitions_for(settings, worker)
    with _naming_the_storage(home), dg.DagsterInstance.get() as instance, redirect_stdout(sys.stderr):
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "INFO"}}}, **(config or {})},
            tags={"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last},
        )
    if not result.success:
        raise MakegoodError(_failure(result))
    return result


@contextmanager
def _naming_the_storage(home: Home) -> Iterator[None]:
    """Say so where Dagster cannot keep its record of the run: a step's own failure is in that record and raises nothing."""
    try:
        yield
    except Exception as error:
        cause: BaseException = error
        while isinstance(cause.__cause__, Exception):
            cause = cause.__cause__
        if isinstance(cause, MakegoodError):
            raise cause from error
        raise MakegoodError(
            f"Dagster could not run with its storage in {home.dagster} ({type(cause).__name__}: {_sentence(str(cause))}): if that is"
            " damaged, move the folder away: it holds only the history of runs, and no amounts"
        ) from error


def _metadata(result: Any, asset: str) -> dict[str, Any]:
    """What the run noted of an asset that it made."""
    [event] = [
        event for event in result.get_asset_materialization_events() if event.asset_key.to_user_string() == asset
    ][:1]
    return dict(event.materialization.metadata)


def _counts(result: Any, asset: str) -> dict[str, int]:
    noted = _metadata(result, asset)
    return {name: value.value or 0 for name, value in noted.items() if isinstance(value.value, int | None)}


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
            if LOCKED in error.message:
                return (
                    f"the run failed in {event.step_key}: another program has locked the warehouse's catalog, and nothing was published;"
                    " end that program, and run the same hours again"
                )
            return f"the run failed in {event.step_key}: {_sentence(error.message)}"
    return "the run failed before its first step; `make dev` shows its log"


def _sentence(message: str) -> str:
    """What an error says, without the names of Python's classes and without dbt's log around what the database said.

    A sentence of ours is whole, for its end says what to do; any other is cut.
    """
    plain = " ".join(message.split())
    ours = plain.partition("MakegoodError: ")[2]
    if ours:
        return ours
    plain = plain.partition("Errors parsed from dbt logs: ")[2] or plain
    return plain if len(plain) < LONGEST_SENTENCE else plain[:LONGEST_SENTENCE] + " … (`make dev` shows the whole log)"
