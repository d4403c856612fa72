"""Where everything meets: what Dagster serves, built from the settings. Nothing is read before it is called."""

from typing import Any

import dagster as dg

from expectations.worker import AuditWorker
from makegood.settings import Settings
from orchestration.accepting import accept_job
from orchestration.assets.content_assessments import content_assessments
from orchestration.assets.publication import build_publication
from orchestration.assets.request_logs import request_logs
from orchestration.assets.settlement import build_settled_snapshot, ledger_batches, nothing_is_left_due
from orchestration.assets.upkeep import tidy_warehouse
from orchestration.assets.warehouse import build_warehouse, hourly_keys
from orchestration.automation import (
    hourly_job,
    hourly_schedule,
    maintenance_job,
    maintenance_schedule,
    restate_job,
    settlement_job,
    settlement_schedule,
)
from orchestration.checks import audits
from orchestration.dbt import dbt_process, ready_project
from orchestration.resources import Books, Lake, PublicationRecord, Warehouse, auditing


@dg.definitions
def build_definitions() -> dg.Definitions:
    """The whole pipeline, as the environment places it: what `dagster dev` loads."""
    return definitions_for(Settings.read())


def definitions_for(settings: Settings, worker: AuditWorker | None = None) -> dg.Definitions:
    """The whole pipeline over one home; audited by that worker, where one runs already."""
    project = ready_project(settings)
    warehouse = build_warehouse(project)
    place: dict[str, Any] = {"home": str(settings.home), "patience_s": settings.writer_patience_s}
    return dg.Definitions(
        assets=[
            request_logs,
            content_assessments,
            warehouse,
            # A view or seed that a run leaves out would count as skipped, and so would what depends on it.
            build_publication(sorted(hourly_keys(warehouse))),
            ledger_batches,
            build_settled_snapshot(project),
            tidy_warehouse,
        ],
        asset_checks=[audits, nothing_is_left_due],
        jobs=[hourly_job, restate_job, settlement_job, maintenance_job, accept_job],
        schedules=[hourly_schedule, settlement_schedule, maintenance_schedule],
        executor=dg.in_process_executor,
        resources={
            "lake": Lake(**place, sources_file=str(settings.sources), lookback_hours=settings.lookback_hours),
            "warehouse_db": Warehouse(**place),
            "publication": PublicationRecord(**place),
            "auditor": auditing(settings.home, worker),
            "books": Books(
                **place,
                grace_hours=settings.settlement_grace_hours,
                most_adjustments=settings.settlement_most_adjustments,
                most_adjusted_usd=str(settings.settlement_most_adjusted_usd),
                usual_times=settings.settlement_usual_times,
                unseen_usd=str(settings.settlement_unseen_usd),
                first_usd=str(settings.settlement_first_usd),
            ),
            "dbt": dbt_process(),
        },
    )
