"""How a long range of landing hours is divided into slices that are run and published one after another, and which of them are done."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

import duckdb

from makegood.derivation import planning
from makegood.hours import HourRange
from makegood.ingestion.finding import LandingFile
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.landing import has_landed
from makegood.policy.digests import PolicyDigests


@dataclass(frozen=True)
class Slice:
    """Consecutive landing hours of a range, with their landing files."""

    hours: HourRange
    files: tuple[LandingFile, ...]

    @property
    def size_bytes(self) -> int:
        """The size of the landing files, packed as they are."""
        return sum(file.size_bytes for file in self.files)


def slices(hours: HourRange, files: Sequence[LandingFile], most_bytes: int) -> list[Slice]:
    """Divide a range into slices of whole days with landing files of up to `most_bytes`; there is at least one slice.

    A single day is never divided, however large. Days without files cost nothing, and so a range without files is one slice.
    """
    sizes: Counter[date] = Counter()
    for file in files:
        sizes[file.landed_hour.date()] += file.size_bytes
    starts, size = [hours.start], 0
    for day, day_hours in groupby(hours, key=lambda hour: hour.date()):
        if size and size + sizes[day] > most_bytes:
            starts.append(next(day_hours))
            size = 0
        size += sizes[day]
    return [_slice(HourRange(start, end), files) for start, end in zip(starts, [*starts[1:], hours.end], strict=True)]


def is_done(
    piece: Slice,
    inventory: Inventory,
    con: duckdb.DuckDBPyConnection,
    unaudited: Sequence[tuple[datetime, str]],
    published: Iterable[tuple[datetime, datetime]],
    policy: PolicyDigests,
    lookback_hours: int,
) -> bool:
    """Whether a run of the slice would change nothing: all of its landing hours are published, its files have landed as they are now, and
    all that it would derive is derived from what is current.

    Args:
        piece: the slice.
        inventory: what has landed.
        con: a connection at the newest snapshot of the warehouse.
        unaudited: what was written and not published, as `hours_left_unaudited` takes it.
        published: the landing hours that were published, as ranges [start, end).
        policy: the policy digests of today.
        lookback_hours: how far back a run looks for hours that are late.
    """
    if not _are_published(piece.hours, published) or not has_landed(piece.files, inventory):
        return False
    touched = inventory.hours_touched(file.landing_file for file in inventory.files_of_hours(piece.hours))
    if planning.extra_hours(piece.hours, inventory, con, unaudited, lookback_hours, policy.baselines):
        return False
    return touched <= planning.current_hours(touched, inventory, con, policy)


def _are_published(hours: HourRange, published: Iterable[tuple[datetime, datetime]]) -> bool:
    """Whether ranges of published landing hours cover these hours without a gap."""
    reached = hours.start
    for start, end in sorted(published):
        if start > reached:
            break
        reached = max(reached, end)
    return reached >= hours.end


def _slice(hours: HourRange, files: Iterable[LandingFile]) -> Slice:
    return Slice(hours, tuple(file for file in files if hours.start <= file.landed_hour < hours.end))
