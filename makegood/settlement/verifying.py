"""Verifies the ledger: an intact chain, entries that follow from those before, and keys that match their decisions. Repairs nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from makegood.errors import MakegoodError
from makegood.home import Home, spill_directory
from makegood.publication.sealing import prove as prove_published
from makegood.settlement import reader_checks
from makegood.settlement.acceptances import answered, read_acceptances
from makegood.settlement.batches import Batch
from makegood.settlement.due import UNKNOWN_ACCOUNT, work_out
from makegood.settlement.entries import ENTRY_DIGEST, ENTRY_ID
from makegood.settlement.holds import Holds, holds
from makegood.settlement.ledger import Ledger
from makegood.settlement.loading import loaded_head
from makegood.settlement.proving import prove
from makegood.settlement.settling import session, with_memory
from makegood.settlement.starting import starting_point
from makegood.settlement.trusting import refuse_what_may_be_older
from makegood.storage.connections import connect
from makegood.storage.queries import only_row, sql_beside
from makegood.storage.warehouse import has_table

FAULTS = {
    "its digest is not that of its columns": "entry_digest <> made_digest",
    "its id is not that of its key and ordinal": f"entry_id <> {ENTRY_ID.format(ordinal='ordinal')}",
    "it names another batch": "batch_id <> file_batch_id",
    "it names another period": "settled_date <> file_settled_date",
    "its amount is zero": "amount_usd = 0",
    "its account is unknown": f"account_id = '{UNKNOWN_ACCOUNT}'",
    "the total posted for its key is negative": "after_usd < 0",
    "its type does not follow from the sums before and after it": (
        "entry_type <> case when before_usd = 0 then 'payout' when after_usd = 0 then 'reversal' else 'adjustment' end"
    ),
    "it does not name the entry that it adjusts": (
        "adjusts_entry_id is distinct from case when before_usd <> 0 then previous_entry_id end"
    ),
}
"""SQL conditions for entries of the ledger that violate an invariant."""


@dataclass(frozen=True)
class Verification:
    """What was checked, what is wrong (one sentence each, naming the first offender), and what merely waits to be posted."""

    batch_count: int
    entry_count: int
    amount_usd: Decimal
    problems: tuple[str, ...]
    due_count: int
    due_usd: Decimal
    held_count: int

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(home: Home, grace: timedelta) -> Verification:
    """Check the whole ledger, and compare it with all decisions at the published snapshot.

    Raises:
        MakegoodError: nothing is published, or a settlement is running.
    """
    ledger = Ledger(home.ledger)
    with ledger.settling():
        proof = prove(ledger.batches_dir)
        problems = [f"{proof.fault}{_first_unfit_entry(proof.unfit)}"] if proof.fault and proof.unfit else []
        with connect(extensions=(), spill=spill_directory(home.warehouse)) as con:
            entry_count, amount, faults = _entries(con, proof.batches)
        problems += faults
        due_count, due_usd, held_count = 0, Decimal(0), 0
        if not problems:
            problems += _accepted(home, proof.batches)
            problems += _handed_over(home, ledger)
        if not problems:
            faults, due_count, due_usd, held_count = with_memory(home, lambda: _against_decisions(home, ledger, grace))
            problems += faults
    return Verification(len(proof.batches), entry_count, amount, tuple(problems), due_count, due_usd, held_count)


def _accepted(home: Home, batches: Sequence[Batch]) -> list[str]:
    """Faults in the acceptances: a damaged file, or one that a batch names and that is not there."""
    try:
        names = {one.name for one in read_acceptances(home.ledger)}
    except MakegoodError as error:
        return [str(error)]
    return [
        f"batch {batch.sequence} was posted under acceptance {name.partition(':')[0]}, which is missing or another one now"
        for batch in batches
        for name in batch.acceptances
        if name not in names
    ][:1]


def _handed_over(home: Home, ledger: Ledger) -> list[str]:
    """Faults in the record of hand-overs: a changed file, or totals that differ from the ledger."""
    try:
        records = refuse_what_may_be_older(home, ledger)
        for record in records:
            for name in record.sha256:
                record.read(name)
        stated = {account: one.posted_usd for account, one in records.standings(records.last).items() if one.posted_usd}
    except MakegoodError as error:
        return [str(error)]
    with connect(extensions=()) as con:
        entries = ledger.relation(ledger.batches()[: records.last])
        rows = con.execute(sql_beside(__file__, "posted_by_account").format(entries=entries)).fetchall()
    unlike = sorted(set(stated.items()) ^ set(rows))
    return (
        [
            f"the standings handed over with batch {records.last} do not match what was posted: the first account that differs is {unlike[0][0]}"
        ]
        if unlike
        else []
    )


def _against_decisions(home: Home, ledger: Ledger, grace: timedelta) -> tuple[list[str], int, Decimal, int]:
    """Differences of the ledger from the decisions or published tables; and what merely waits: keys due, their sum, and keys on hold."""
    with session(home, is_read_only=True) as (con, publication):
        try:
            prove_published(home.warehouse, publication.snapshot_id)
            standing = starting_point(con, home, ledger, publication)
        except MakegoodError as error:
            return [str(error)], 0, Decimal(0), 0
        closed_until = standing.covered.closed_until(grace)
        held = holds(home.ledger, answered(home, publication.snapshot_id))
        problems = _decisions(con, ledger, closed_until, held, standing.is_whole)
        problems += _costs(con)
        if has_table(con, "fct_ledger_batches"):
            problems += reader_checks.faults(con, ledger, list(ledger.batches()[: loaded_head(con).sequence]))
        return problems, *_waiting(con)


def _first_unfit_entry(file: Path) -> str:
    """The first entry of a changed file that does not match its own digest, if that can still be determined."""
    try:
        with connect(extensions=()) as con:
            unfit = sql_beside(__file__, "first_unfit_entry").format(entry_digest=ENTRY_DIGEST)
            row = con.execute(unfit, {"file": str(file)}).fetchone()
    except duckdb.Error:
        return "; its entries cannot be read"
    return f"; the first entry that does not match its own digest is {row[0]}" if row else ""


def _entries(con: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> tuple[int, Decimal, list[str]]:
    """The number of entries, their sum, and for each kind of fault the first entry that has it."""
    if not batches:
        return 0, Decimal(0), []
    con.execute(
        "create temp table batches (file varchar, sequence bigint, settled_date date, entry_count bigint, amount_usd decimal(38, 12))"
    )
    con.executemany(
        "insert into batches values (?, ?, ?, ?, ?)",
        [
            [str(batch.file), batch.sequence, batch.settled_date, batch.entry_count, batch.amount_usd]
            for batch in batches
        ],
    )
    steps = sql_beside(__file__, "steps").format(entry_digest=ENTRY_DIGEST)
    con.execute(steps, {"files": [str(batch.file) for batch in batches]})
    problems = []
    for fault, condition in FAULTS.items():
        row = con.execute(
            f"select entry_id, file_batch_id from steps where {condition} order by file_batch_id, request_date, compensation_id limit 1"
        ).fetchone()
        if row:
            entry_id, batch_id = row
            problems.append(f"entry {entry_id} of batch {batch_id} is inconsistent: {fault}")
    if miscounted := con.execute(sql_beside(__file__, "miscounted")).fetchone():
        (batch_id,) = miscounted
        problems.append(f"batch {batch_id} has a different entry count or total than its metadata states")
    entry_count, amount = only_row(con.execute("select count(*), sum(amount_usd) from steps"))
    return entry_count, amount, problems


def _decisions(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, closed_until: date, held: Holds, is_whole: bool
) -> list[str]:
    """Keys whose posted sum is not what is allowed, and which the next settlement would not correct, because it would overlook them."""
    work_out(con, ledger, closed_until, held, is_whole=is_whole)
    con.execute("create or replace temp table seen_due as from due where not is_held")
    work_out(con, ledger, closed_until, held, is_whole=True)
    row = con.execute(sql_beside(__file__, "overlooked")).fetchone()
    if row is None:
        return []
    compensation_id, account_id, posted_usd, allowed_usd, last_entry_id, key_count = row
    entry = f"entry {last_entry_id}" if last_entry_id else "no entry"
    return [
        f"{key_count} keys differ from what is allowed, and the next settlement would miss them: the first is {compensation_id} of account"
        f" {account_id} with {posted_usd} USD posted ({entry}) and {allowed_usd} USD allowed"
    ]


def _costs(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Keys that are allowed more than their requests cost. That posted and allowed sums agree does not exclude this."""
    return [
        f"key {compensation_id} of account {account_id} is allowed {allowed_usd} USD, more than its requests cost ({cost_usd} USD)"
        for compensation_id, account_id, allowed_usd, cost_usd in con.execute(
            sql_beside(__file__, "allowed_above_cost")
        ).fetchall()
    ]


def _waiting(con: duckdb.DuckDBPyConnection) -> tuple[int, Decimal, int]:
    due_count, due_usd, held_count = only_row(con.execute(sql_beside(__file__, "waiting")))
    return due_count, due_usd, held_count
