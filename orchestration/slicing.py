"""The slices of a long range that are still to be run. How a range is divided, and when a slice is done, is derivation/'s."""

from contextlib import closing
from itertools import dropwhile

from makegood.derivation.dbt_project import digest_of_parsed, is_current
from makegood.derivation.slices import Slice, is_done, slices
from makegood.derivation.views import built_from
from makegood.home import Home, dbt_directory, inventory_file, publications_file
from makegood.hours import HourRange
from makegood.ingestion.finding import find_files
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.sources import read_assessments, read_sources
from makegood.policy.digests import policy_digests
from makegood.policy.validation import valid_policy
from makegood.publication.publications import Publications
from makegood.settings import Settings
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach


def remaining_slices(hours: HourRange, home: Home, settings: Settings) -> list[Slice]:
    """The slices of the range without the first ones that an earlier run of the range, which was interrupted, has published already.

    The last slice is always among them, so that every run ends with a publication.

    Raises:
        MakegoodError: the sources, the policy or the home cannot be used.
    """
    feeds = read_sources(settings.sources, settings.home) + read_assessments(settings.sources, settings.home)
    found = slices(hours, find_files(feeds, list(hours), home.root), settings.backfill_slice)
    target = dbt_directory(home.warehouse)
    if len(found) == 1 or not is_current(target) or not publications_file(home.warehouse).exists():
        return found
    with (
        closing(Inventory(inventory_file(home.lake))) as inventory,
        closing(Publications(publications_file(home.warehouse))) as record,
        connect() as con,
    ):
        attach(con, home.warehouse)
        if built_from(con) != digest_of_parsed(target):
            return found
        policy, unaudited, current = policy_digests(valid_policy()), record.unaudited_hours(), record.current()
        published = record.landing_ranges(current.snapshot_id) if current else []
        remaining = dropwhile(
            lambda piece: is_done(piece, inventory, con, unaudited, published, policy, settings.lookback_hours),
            found[:-1],
        )
        return [*remaining, found[-1]]
