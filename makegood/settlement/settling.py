"""Runs one settlement: what is due at the published snapshot becomes a batch of the ledger. due.py computes what is due."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import duckdb

from makegood.errors import MakegoodError
from makegood.home import Home, spill_directory
from makegood.publication.publications import Publication
from makegood.publication.reading import current_publication, saying_damage
from makegood.publication.sealing import attach_sealed, pin_sealed
from makegood.settlement.acceptances import Answered, answered
from makegood.settlement.batches import Head
from makegood.settlement.due import work_out
from makegood.settlement.entries import check, make_entries
from makegood.settlement.holds import holds
from makegood.settlement.ledger import Ledger
from makegood.settlement.memory import attach_memory, forget, remember
from makegood.settlement.starting import StartingPoint, starting_point
from makegood.settlement.trusting import last_seen, note_seen, refuse_what_may_be_older
from makegood.settlement.usual import Usual, surprises
from makegood.storage.connections import connect
from makegood.storage.queries import only_row

Made = TypeVar("Made")

MEMORY = "1200MB"
"""DuckDB's memory limit for a settlement; larger tables spill to disk. The process takes some 600 MB on top of it."""


@dataclass(frozen=True)
class Terms:
    """The parameters of a settlement.

    Attributes:
        grace: how long after a date's end its landing hours are awaited.
        most_adjustments: how many adjustments and reversals are posted without confirmation.
        most_adjusted_usd: how much they may come to in total, in either direction, without confirmation.
        usual: what a day may come to without confirmation; None switches this check off.
    """

    grace: timedelta
    most_adjustments: int
    most_adjusted_usd: Decimal
    usual: Usual | None = None


@dataclass(frozen=True)
class Line:
    """The sum of a settlement's entries with the same type and reason."""

    entry_type: str
    reason: str
    entry_count: int
    amount_usd: Decimal


@dataclass(frozen=True)
class Settlement:
    """What a settlement posted, or would post. `batch_id` is None if nothing was posted.

    `awaiting` are the request dates of which nothing is posted until a person accepts what the audits found.

    Each of the `surprises` describes, as part of a sentence, an amount that is posted only with confirmation.
    """

    settled_date: date
    snapshot_id: int
    closed_until: date
    batch_id: int | None
    digest: str
    entry_count: int
    amount_usd: Decimal
    lines: tuple[Line, ...]
    held_count: int
    held_usd: Decimal
    awaiting: tuple[date, ...]
    surprises: tuple[str, ...]
    is_dry_run: bool


def settle(
    home: Home, settled_date: date, terms: Terms, *, is_confirmed: bool = False, is_dry_run: bool = False
) -> Settlement:
    """Post what is due to the ledger, in the posting period `settled_date`. Idempotent: a second call posts nothing.

    Raises:
        MakegoodError: another settlement is running; nothing is published; the ledger is broken, or may be older than what was published or
            handed over; the published snapshot or landing hours are older than those last settled; the period is over; an amount is unusual
            and not confirmed; or an entry violates an invariant. Nothing is posted then.
    """
    ledger = Ledger(home.ledger)
    with ledger.settling():
        records = refuse_what_may_be_older(home, ledger)
        if not is_dry_run and last_seen(home) is None:
            note_seen(home, Head(), records.last)
        done = with_memory(home, lambda: _settle(home, ledger, settled_date, terms, is_confirmed, is_dry_run))
        if done.batch_id is not None:
            note_seen(home, ledger.head(), records.last)
    return done


def _settle(
    home: Home, ledger: Ledger, settled_date: date, terms: Terms, is_confirmed: bool, is_dry_run: bool
) -> Settlement:
    """Do the settlement; the caller holds the lock on the ledger."""
    with session(home, is_read_only=is_dry_run) as (con, publication):
        start = starting_point(con, home, ledger, publication)
        if start.last and settled_date < start.last.settled_date:
            raise MakegoodError(
                f"the period {settled_date} is over: {start.last.settled_date} was settled already; corrections post to an open period"
            )
        closed_until = start.covered.closed_until(terms.grace)
        answers = answered(home, publication.snapshot_id)
        held = holds(home.ledger, answers)
        work_out(con, ledger, closed_until, held, is_whole=start.is_whole)
        posted_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        make_entries(con, start.head.sequence + 1, settled_date, posted_at)
        check(con)
        lines = _lines(con)
        surprising = tuple(_too_many_corrections(lines, terms))
        if terms.usual:
            surprising += tuple(surprises(con, ledger, terms.usual))
        if surprising and not is_dry_run and not is_confirmed:
            more = f" (and {len(surprising) - 1:,} more)" if len(surprising) > 1 else ""
            raise MakegoodError(
                f"not posted: {surprising[0]}{more}; see everything with --dry-run, and if it is right, settle with --confirm"
                " (in Dagster with is_confirmed: true)"
            )
        held_count, held_usd = only_row(
            con.execute("select count(*), coalesce(sum(due_usd), 0) from due where is_held")
        )
        entry_count, amount = (
            sum(line.entry_count for line in lines),
            sum((line.amount_usd for line in lines), Decimal(0)),
        )
        batch = None
        if not is_dry_run:
            if entry_count:
                facts = _facts(con, start, closed_until, posted_at, entry_count, amount, answers)
                batch = ledger.add(con, "entries", facts, settled_date)
            fresh = ledger.batches() if start.is_whole else [batch] if batch else []
            try:
                remember(
                    con, start.warehouse_id, publication.snapshot_id, start.covered,
                    batch.head if batch else start.head, list(fresh), start.is_whole,
                )  # fmt: skip
            except duckdb.Error:
                # The batch stays posted; only the memory is lost.
                forget(home.warehouse)
    return Settlement(
        settled_date=settled_date,
        snapshot_id=publication.snapshot_id,
        closed_until=closed_until,
        batch_id=batch.sequence if batch else None,
        digest=batch.digest if batch else "",
        entry_count=entry_count,
        amount_usd=amount,
        lines=lines,
        held_count=held_count,
        held_usd=held_usd,
        awaiting=tuple(sorted(held.dates)),
        surprises=surprising,
        is_dry_run=is_dry_run,
    )


def with_memory(home: Home, work: Callable[[], Made]) -> Made:
    """Run the work. If DuckDB fails, because the memory is damaged, delete it and run the work again, over all of history."""
    try:
        return work()
    except duckdb.Error:
        if not forget(home.warehouse):
            raise
        return work()


@contextmanager
def session(home: Home, *, is_read_only: bool) -> Iterator[tuple[duckdb.DuckDBPyConnection, Publication]]:
    """A connection at the published snapshot, with the memory attached.

    Raises:
        MakegoodError: nothing is published yet, or a published file is damaged.
    """
    publication = current_publication(home.warehouse)
    with (
        connect(spill=spill_directory(home.warehouse)) as con,
        TemporaryDirectory(prefix="makegood-settlement-") as folder,
    ):
        con.execute(
            f"set memory_limit = '{MEMORY}'; set preserve_insertion_order = false; set enable_progress_bar = false"
        )
        pinned = Path(folder) / "pinned"
        pin_sealed(home.warehouse, publication.snapshot_id, pinned)
        attach_sealed(con, home.warehouse, publication.snapshot_id, pinned)
        attach_memory(con, home.warehouse, read_only=is_read_only)
        with saying_damage():
            yield con, publication


def _lines(con: duckdb.DuckDBPyConnection) -> tuple[Line, ...]:
    rows = con.execute(
        "select entry_type, reason, count(*), sum(amount_usd) from entries group by entry_type, reason order by entry_type, reason"
    ).fetchall()
    return tuple(Line(*row) for row in rows)


def _too_many_corrections(lines: tuple[Line, ...], terms: Terms) -> Iterator[str]:
    """A part of a sentence if the adjustments and reversals exceed the limits for posting without confirmation."""
    adjusting = [line for line in lines if line.entry_type != "payout"]
    count = sum(line.entry_count for line in adjusting)
    amount = sum((abs(line.amount_usd) for line in adjusting), Decimal(0))
    if count > terms.most_adjustments or amount > terms.most_adjusted_usd:
        yield (
            f"{count:,} adjustments and reversals of {amount:f} USD exceed the limits for posting without confirmation ({terms.most_adjustments:,}"
            f" and {terms.most_adjusted_usd:f} USD)"
        )


def _facts(
    con: duckdb.DuckDBPyConnection,
    start: StartingPoint,
    closed_until: date,
    posted_at: datetime,
    entry_count: int,
    amount: Decimal,
    answers: Answered,
) -> dict[str, str]:
    days = [day for (day,) in con.execute("select distinct request_date from entries order by 1").fetchall()]
    return {
        "posted_at": posted_at.isoformat(),
        "entry_count": str(entry_count),
        "amount_usd": format(amount, "f"),
        "warehouse_id": start.warehouse_id,
        "snapshot_id": str(start.publication.snapshot_id),
        "covered_from": start.covered.start.isoformat(),
        "covered_until": start.covered.end.isoformat(),
        "closed_until": closed_until.isoformat(),
        "request_dates": ",".join(map(str, days)),
        "acceptances": ",".join(answers.accepted_on(days)),
    }
