"""The models, built by dbt over the run's window. What they mean is in models/; which hours they derive is ingestion's window."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from makegood.derivation import baselines, window
from makegood.errors import MakegoodError
from makegood.hours import FIRST_HOUR, HourRange
from makegood.ingestion.inventory import Inventory
from makegood.policy.digests import policy_digests
from makegood.policy.signals import BaselineTerms
from makegood.policy.validation import valid_policy
from makegood.publication.sealing import prove
from makegood.settlement.loading import hand_over
from makegood.storage.warehouse import has_table
from orchestration.assets import RESTATES
from orchestration.dbt import Dbt
from orchestration.partitions import HOURLY, ONE_RUN, landing_hours, partition_key
from orchestration.resources import Books, Lake, Publication, Warehouse

BUILD = ["build", "--exclude-resource-type", "unit_test"]
"""Unit tests belong to the test suite: they prove code, not data."""


class Translator(DagsterDbtTranslator):
    """Names dbt's resources as Dagster's assets: the run's inputs are what the request logs turn into."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """A run's sources are the content assessments, and else the request logs; everything else goes by its plain name."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey(
                "content_assessments" if dbt_resource_props["name"] == "content_assessments" else "request_logs"
            )
        return super().get_asset_key(dbt_resource_props)


def build_warehouse(project: DbtProject) -> dg.AssetsDefinition:
    """The assets of the dbt project. Its manifest must exist."""

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        partitions_def=HOURLY,
        backfill_policy=ONE_RUN,
        dagster_dbt_translator=Translator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)),
    )
    def warehouse(
        context: dg.AssetExecutionContext,
        dbt: Dbt,
        lake: Lake,
        warehouse_db: Warehouse,
        publication: Publication,
        books: Books,
    ) -> Iterator[Any]:
        """Derive, some days at a time, every request hour that the landing hours' files touch, or again the hours to restate."""
        hours, policy = landing_hours(context), policy_digests(valid_policy())
        warehouse_db.create()
        with lake.inventory() as inventory:
            if RESTATES in context.run.tags:
                whole = window.plan((), lake.place.lake, inventory, restated_hours(hours, warehouse_db))
            else:
                late = late_hours(hours, inventory, warehouse_db, lake.lookback_hours)
                late |= hours_of_other_baselines(hours, inventory, warehouse_db, lake.lookback_hours, policy.baselines)
                late |= hours_left_unaudited(hours, inventory, publication)
                whole = window.plan(hours, lake.place.lake, inventory, late)
            refuse_what_is_damaged(publication, whole.request_hours)
            pieces = window.chunks(whole, inventory)
            for number, piece in enumerate(pieces, 1):
                context.log.info(f"deriving {len(piece.request_hours)} request hours, piece {number} of {len(pieces)}")
                with publication.record() as record:
                    record.mark_written(piece.request_hours, context.run.run_id)
                window.write(
                    piece,
                    lake.place.lake,
                    inventory,
                    policy,
                    lake.place.run_inputs,
                    baseline_days=unmeasured_days(piece, inventory, warehouse_db, policy.baselines),
                )
                hand_over(books.place, warehouse_db.loaded_head(), lake.place.run_inputs)
                if number < len(pieces):
                    dbt.cli(BUILD, manifest=project.manifest_path).wait()
                else:
                    yield from dbt.cli(BUILD, context=context).stream()
            window.write(whole, lake.place.lake, inventory, policy, lake.place.run_inputs, with_deliveries=False)
        yield from _late_materializations(context, whole, hours)

    return warehouse


def refuse_what_is_damaged(publication: Publication, hours: Iterable[datetime]) -> None:
    """See that what the warehouse has of these request hours' days, which the models read, is as it was published.

    Raises:
        MakegoodError: a file of it is damaged.
    """
    with publication.record() as record:
        current = record.current()
    if current:
        prove(publication.place.warehouse, current.snapshot_id, {hour.date() for hour in hours})


def late_hours(hours: HourRange, inventory: Inventory, warehouse_db: Warehouse, lookback_hours: int) -> set[datetime]:
    """Request hours of files that landed late in the hours looked back at, and that are not derived from their parts as they are now."""
    looked_back = HourRange(hours.start - timedelta(hours=lookback_hours), hours.start)
    names = [file.landing_file for file in inventory.files_of_hours(looked_back)]
    touched = inventory.hours_touched(names)
    return touched - derived_hours(touched, inventory, warehouse_db)


def restated_hours(hours: HourRange, warehouse_db: Warehouse) -> set[datetime]:
    """Those of the request hours that are derived, and so can be restated.

    Raises:
        MakegoodError: none of them is.
    """
    derived = {
        hour
        for used in baseline_digests_in_use(hours.start.date(), hours.end.date(), warehouse_db).values()
        for hour in used
    }
    if not (restated := derived & set(hours)):
        raise MakegoodError(f"nothing to restate: no request hour from {hours} is derived")
    return restated


def hours_of_other_baselines(
    hours: HourRange, inventory: Inventory, warehouse_db: Warehouse, lookback_hours: int, terms: BaselineTerms
) -> set[datetime]:
    """Derived request hours whose day has other latency baselines now: something landed that these are measured on, or the terms changed."""
    first = (hours.start - timedelta(hours=lookback_hours)).date()
    days = baseline_digests_in_use(first, (hours.end + baselines.reach(terms)).date(), warehouse_db)
    digests = baselines.baseline_digests(days, inventory, terms)
    return {hour for day, used in days.items() for hour, digest in used.items() if digest != digests[day]}


def hours_left_unaudited(hours: HourRange, inventory: Inventory, publication: Publication) -> set[datetime]:
    """All that an earlier run of these landing hours wrote and did not publish: it failed or was killed, and this run makes good for it."""
    touched = inventory.hours_touched([file.landing_file for file in inventory.files_of_hours(hours)])
    with publication.record() as record:
        left = record.unaudited_hours()
    runs = {run_id for hour, run_id in left if hour in touched}
    return {hour for hour, run_id in left if run_id in runs}


def unmeasured_days(
    piece: window.Window, inventory: Inventory, warehouse_db: Warehouse, terms: BaselineTerms
) -> set[date]:
    """Days of the window whose latency baselines, as they are now, are not those that an hour was derived with."""
    days = {hour.date() for hour in piece.request_hours}
    used = baseline_digests_in_use(min(days), max(days), warehouse_db) if days else {}
    return {
        day
        for day, digest in baselines.baseline_digests(days, inventory, terms).items()
        if digest not in used.get(day, {}).values()
    }


def baseline_digests_in_use(first: date, last: date, warehouse_db: Warehouse) -> dict[date, dict[datetime, str]]:
    """For each day from `first` to `last`, its derived hours with the digest of the baselines that they were derived with."""
    used: dict[date, dict[datetime, str]] = defaultdict(dict)
    with warehouse_db.session() as con:
        if has_table(con, "fct_request_hours"):
            rows = con.execute(
                "select request_date, hour_at, baseline_digest from fct_request_hours where request_date between ? and ?",
                [first, last],
            ).fetchall()
            for day, hour, digest in rows:
                used[day][hour] = digest
    return used


def derived_hours(hours: set[datetime], inventory: Inventory, warehouse_db: Warehouse) -> set[datetime]:
    """Those of the hours that the warehouse has from the very parts that are current now."""
    digests = window.input_digests(hours, inventory)
    with warehouse_db.session() as con:
        if not hours or not has_table(con, "fct_request_hours"):
            return set()
        rows = con.execute(
            "select hour_at, input_digest from fct_request_hours where request_date between ? and ?",
            [min(hours).date(), max(hours).date()],
        ).fetchall()
    return {hour for hour, digest in rows if digests.get(hour) == digest}


def _late_materializations(
    context: dg.AssetExecutionContext, derived: window.Window, hours: HourRange
) -> Iterator[dg.AssetMaterialization]:
    """Request hours outside the run's partitions were made too: say so, for the partition bars to be true."""
    inside = set(hours)
    for hour in derived.request_hours:
        if hour not in inside and hour >= FIRST_HOUR:
            for key in context.selected_asset_keys:
                yield dg.AssetMaterialization(
                    key, partition=partition_key(hour), tags={"late_from": str(hours).replace(" ", "_")}
                )
