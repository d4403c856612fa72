"""The models, built by dbt over the run's window. What they mean is in models/; which hours they derive is derivation/'s."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets
from rich.console import Console

from makegood.derivation import planning, window
from makegood.derivation.views import built_from, note_built_from
from makegood.hours import FIRST_HOUR, HourRange
from makegood.ingestion.inventory import Inventory
from makegood.policy.digests import PolicyDigests, policy_digests
from makegood.policy.validation import valid_policy
from makegood.publication.sealing import prove
from makegood.settlement.loading import write_run_inputs
from orchestration.assets import RESTATES
from orchestration.dbt import Dbt, project_digest
from orchestration.failing_rows import with_failing_rows
from orchestration.partitions import A_MONTH_A_RUN, HOURLY, landing_hours, partition_key
from orchestration.progress import followed
from orchestration.resources import NO_ROWS_IN_WINDOW, Auditor, Books, Lake, PublicationRecord, Warehouse

BUILD = ["--no-write-json", "build", "--exclude-resource-type", "unit_test"]
"""Unit tests belong to the test suite: they prove code, not data."""

PROGRESS = "makegood/progress"
"""The tag of a run that says how far it has come."""

VIEWS = "fqn:makegood.marts,config.materialized:view"
"""The views of the warehouse. Like the seeds, they change only with the project."""

UNCHANGED = ["--exclude", f"{VIEWS} resource_type:seed resource_type:exposure", "--indirect-selection", "empty"]
"""Leaves out what the warehouse has of this very project. Every data test still runs."""

POLICY_FIRST = ["--no-write-json", "build", "--resource-type", "seed", "--resource-type", "model", "--select", "resource_type:seed dim_compensation_rules dim_compensation_types"]  # fmt: skip
VIEWS_LAST = ["--no-write-json", "run", "--select", VIEWS]
"""What runs before and after the selected assets, if only some are selected, as in a backfill of the tables, and the project changed."""


class Translator(DagsterDbtTranslator):
    """Names dbt's resources as Dagster's assets: the run's inputs are what the request logs turn into."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """A run's sources are the content assessments, and else the request logs; everything else goes by its plain name."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey(
                "content_assessments" if dbt_resource_props["name"] == "content_assessments" else "request_logs"
            )
        return super().get_asset_key(dbt_resource_props)

    def get_partitions_def(self, dbt_resource_props: Mapping[str, Any]) -> dg.PartitionsDefinition[str] | None:
        """Models are derived hour by hour, but for the views of the warehouse, which are the same for every hour, as the seeds are."""
        is_view_of_marts = (
            dbt_resource_props["config"].get("materialized") == "view" and "marts" in dbt_resource_props["fqn"]
        )
        return HOURLY if dbt_resource_props["resource_type"] == "model" and not is_view_of_marts else None


def build_warehouse(project: DbtProject) -> dg.AssetsDefinition:
    """The assets of the dbt project. Its manifest must exist."""

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        backfill_policy=A_MONTH_A_RUN,
        dagster_dbt_translator=Translator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)),
    )
    def warehouse(
        context: dg.AssetExecutionContext,
        dbt: Dbt,
        lake: Lake,
        warehouse_db: Warehouse,
        publication: PublicationRecord,
        books: Books,
        auditor: dg.ResourceParam[Auditor],
    ) -> Iterator[Any]:
        """Derive, some days at a time, every request hour that the landing hours' files touch, or again the hours to restate."""
        hours, policy = landing_hours(context), policy_digests(valid_policy())
        warehouse_db.create()
        with lake.inventory() as inventory:
            whole = _planned(context, hours, policy, lake, warehouse_db, publication, inventory)
            refuse_what_is_damaged(publication, whole.request_hours)
            pieces = window.chunks(whole, inventory)
            parsed = project_digest(project)
            with warehouse_db.session() as con:
                is_current = built_from(con) == parsed
            is_for_all = hourly_keys(warehouse) <= context.selected_asset_keys
            for number, piece in enumerate(derived_pieces(context, pieces, inventory), 1):
                context.log.info(f"deriving {len(piece.request_hours)} request hours, piece {number} of {len(pieces)}")
                with publication.record() as record:
                    record.mark_written(piece.request_hours, context.run.run_id)
                with warehouse_db.session() as con:
                    days = planning.unmeasured_days(piece, inventory, con, policy.baselines)
                window.write(
                    piece, lake.prepared_home.lake, inventory, policy, lake.prepared_home.run_inputs, baseline_days=days
                )
                batches = write_run_inputs(
                    books.prepared_home, warehouse_db.loaded_head(), lake.prepared_home.run_inputs
                )
                if is_current and piece.is_empty and not batches:
                    yield from _nothing_to_derive(context)
                    return
                auditor.start()
                if context.is_subset and not is_current:
                    dbt.cli(POLICY_FIRST, manifest=project.manifest_path).wait()
                command = [*BUILD, *UNCHANGED] if is_current and not context.is_subset else BUILD
                if number < len(pieces):
                    dbt.cli(command, manifest=project.manifest_path).wait()
                else:
                    build = dbt.cli(command, context=context)
                    yield from with_failing_rows(build.stream(), build.target_path, warehouse_db)
                if is_for_all and not is_current:
                    if context.is_subset:
                        dbt.cli(VIEWS_LAST, manifest=project.manifest_path).wait()
                    note_built_from(warehouse_db.prepared_home.warehouse, parsed)
                    is_current = True
            window.write(
                whole, lake.prepared_home.lake, inventory, policy, lake.prepared_home.run_inputs, with_deliveries=False
            )
        yield from _late_materializations(context, whole, hours)

    return warehouse


def derived_pieces(
    context: dg.AssetExecutionContext, pieces: list[window.Window], inventory: Inventory
) -> Iterator[window.Window]:
    """The pieces of a run one by one. When the next one is asked for, the last one is done, and the run's log and its tag say how far it is."""

    def tell(sentence: str) -> None:
        context.log.info(sentence)
        context.instance.add_run_tags(context.run.run_id, {PROGRESS: sentence})

    rows = [window.delivered_rows(piece.request_hours, inventory) for piece in pieces]
    return followed(pieces, rows, tell, Console(quiet=True))


def hourly_keys(warehouse: dg.AssetsDefinition) -> set[dg.AssetKey]:
    """The assets that every run derives for its hours: all but the seeds and the views of the warehouse."""
    return {spec.key for spec in warehouse.specs if spec.partitions_def}


def _planned(
    context: dg.AssetExecutionContext,
    hours: HourRange,
    policy: PolicyDigests,
    lake: Lake,
    warehouse_db: Warehouse,
    publication: PublicationRecord,
    inventory: Inventory,
) -> window.Window:
    """Everything that this run derives: what its landing hours touch, or the hours to restate."""
    if RESTATES in context.run.tags:
        with warehouse_db.session() as con:
            again = planning.restated_hours(hours, con)
        return window.plan((), lake.prepared_home.lake, inventory, again)
    with warehouse_db.session() as con, publication.record() as record:
        extra = planning.extra_hours(
            hours, inventory, con, record.unaudited_hours(), lake.lookback_hours, policy.baselines
        )
    return window.plan(hours, lake.prepared_home.lake, inventory, extra)


def _nothing_to_derive(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """The tables of hours without files are made too, and every test passes: from no rows, every model derives no rows."""
    context.log.info("there is nothing to derive: no file landed or changed, and the ledger has no batch to load")
    made = hourly_keys(context.assets_def) & context.selected_asset_keys
    for key in TopologicalSorter(context.assets_def.asset_deps).static_order():
        if key in made:
            yield dg.MaterializeResult(asset_key=key, metadata={"request hours": 0})
    for check in context.assets_def.check_keys & context.selected_asset_check_keys:
        yield dg.AssetCheckResult(
            passed=True, asset_key=check.asset_key, check_name=check.name, description=NO_ROWS_IN_WINDOW
        )


def refuse_what_is_damaged(publication: PublicationRecord, hours: Iterable[datetime]) -> None:
    """See that what the warehouse has of these request hours' days, which the models read, is as it was published.

    Raises:
        MakegoodError: a file of it is damaged.
    """
    with publication.record() as record:
        current = record.current()
    if current:
        prove(publication.prepared_home.warehouse, current.snapshot_id, {hour.date() for hour in hours})


def _late_materializations(
    context: dg.AssetExecutionContext, derived: window.Window, hours: HourRange
) -> Iterator[dg.AssetMaterialization]:
    """Request hours outside the run's partitions were made too: say so, for the partition bars to be true."""
    inside = set(hours)
    tables = hourly_keys(context.assets_def) & context.selected_asset_keys
    for hour in derived.request_hours:
        if hour not in inside and hour >= FIRST_HOUR:
            for key in sorted(tables):
                yield dg.AssetMaterialization(
                    key, partition=partition_key(hour), tags={"late_from": str(hours).replace(" ", "_")}
                )
