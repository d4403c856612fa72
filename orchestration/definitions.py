"""Where everything meets: what Dagster serves, built from the settings. Nothing is read before it is called."""

import dagster as dg

from orchestration.assets.content_assessments import content_assessments
from orchestration.assets.publication import build_publication
from orchestration.assets.request_logs import request_logs
from orchestration.assets.warehouse import build_warehouse
from orchestration.automation import hourly_job, hourly_schedule
from orchestration.checks import audits
from orchestration.dbt import DBT, DBT_PROJECT, Dbt, ready_project
from orchestration.resources import Auditor, Lake, Publication, Warehouse
from orchestration.settings import Settings


@dg.definitions
def build_definitions() -> dg.Definitions:
    """The whole pipeline, as the environment places it: what `dagster dev` loads."""
    return definitions_for(Settings.read())


def definitions_for(settings: Settings) -> dg.Definitions:
    """The whole pipeline over one home."""
    project = ready_project(settings)
    warehouse = build_warehouse(project)
    home = str(settings.home)
    return dg.Definitions(
        assets=[request_logs, content_assessments, warehouse, build_publication(warehouse.keys)],
        asset_checks=[audits],
        jobs=[hourly_job],
        schedules=[hourly_schedule],
        executor=dg.in_process_executor,
        resources={
            "lake": Lake(home=home, sources_file=str(settings.sources), lookback_hours=settings.lookback_hours),
            "warehouse_db": Warehouse(home=home),
            "publication": Publication(home=home),
            "auditor": Auditor(home=home),
            "dbt": Dbt(project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=DBT),
        },
    )
