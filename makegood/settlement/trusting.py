"""Checks that the ledger may be continued: it contains all that was published or handed over, and is not an older copy of itself.

The state of the ledger that this home last saw is kept outside the ledger's folder, so that it is not part of a copy of the ledger. A
ledger that was restored, into this home or a new one, is thus detected, and no money moves until billing was asked what it has accepted.
"""

from dataclasses import dataclass

from makegood.errors import MakegoodError
from makegood.home import Home, publications_file
from makegood.publication.publications import Publications
from makegood.settlement.batches import Head
from makegood.settlement.ledger import Ledger
from makegood.settlement.records import Records
from makegood.storage.durable import read_sealed, sealed, write_durably

RECONCILE = "run `makegood reconcile FILE` with what billing has accepted (CSV with idempotency_key and amount_usd, of all credits ever)"


@dataclass(frozen=True)
class Seen:
    """The ledger's end, and the last batch handed over, when this home last settled, handed over or reconciled."""

    head: Head
    handed_over: int


def refuse_what_is_behind(home: Home, ledger: Ledger) -> None:
    """Check the ledger before it is read for display.

    Raises:
        MakegoodError: the ledger is broken, or lacks batches that were published.
    """
    published = _published(home)
    if published not in ledger.heads():
        raise MakegoodError(
            f"{_behind(ledger, 'published', published)}; where there is no newer copy, delete {home.warehouse}, run all landing hours again,"
            f" and {RECONCILE}"
        )


def refuse_what_may_be_older(home: Home, ledger: Ledger, again: int | None = None) -> Records:
    """Check the ledger before anything is posted or handed over. Returns the record of hand-overs.

    Args:
        home: the home with the ledger.
        ledger: the ledger.
        again: a batch whose record is to be written again; its record, and others, may be missing meanwhile.

    Raises:
        MakegoodError: the ledger is broken, or may be older than what was published or handed over.
    """
    refuse_what_is_behind(home, ledger)
    records, seen, heads = Records(ledger.handover_dir), last_seen(home), ledger.heads()
    for record in records:
        if record.head not in heads:
            raise MakegoodError(
                f"{_behind(ledger, 'handed over', record.head)}; where there is no newer copy, {_aside(ledger)}"
            )
    records.refuse_what_is_damaged(again)
    if ledger.restored_mark.exists():
        raise MakegoodError(
            f"the ledger in {ledger.root} was restored ({ledger.restored_mark.name}) and may lack what was posted since: {RECONCILE}"
        )
    if seen is None:
        if len(heads) > 1:
            raise MakegoodError(
                f"the ledger in {ledger.root} has not been used in this home before ({home.ledger_seen.name} is missing) and may be an outdated"
                f" copy: {RECONCILE}"
            )
        return records
    if seen.head not in heads:
        raise MakegoodError(f"{_behind(ledger, 'posted', seen.head)}; where there is no newer copy, {RECONCILE}")
    missing = records.missing(seen.handed_over)
    if missing and not records.last:
        raise MakegoodError(
            f"there is no record of what was handed over in {ledger.handover_dir}: restore it from a copy; where there is none, {RECONCILE}"
        )
    if missing and (again is None or again > seen.handed_over):
        raise MakegoodError(
            f"the record of the hand-over of batch {missing[0]} is not in {ledger.handover_dir}: restore it from a copy, or run"
            f" `makegood handover --batch {missing[0]}`, which writes the same files again"
        )
    return records


def last_seen(home: Home) -> Seen | None:
    """The state of the ledger that this home last saw; None if it has never seen one.

    Raises:
        MakegoodError: the file with this state is damaged.
    """
    if not home.ledger_seen.exists():
        return None
    facts = read_sealed(home.ledger_seen, f"remove it, and {RECONCILE}")
    return Seen(Head(facts["ledger_sequence"], facts["ledger_digest"]), facts["handed_over"])


def note_seen(home: Home, head: Head, handed_over: int) -> None:
    """Store the state of the ledger that this home sees now."""
    facts = {"ledger_sequence": head.sequence, "ledger_digest": head.digest, "handed_over": handed_over}
    write_durably(home.ledger_seen, sealed(facts))


def _published(home: Home) -> Head:
    """The ledger's end in the last publication."""
    file = publications_file(home.warehouse)
    if not file.exists():
        return Head()
    record = Publications(file)
    try:
        current = record.current()
    finally:
        record.close()
    return Head(current.ledger_sequence, current.ledger_digest) if current else Head()


def _behind(ledger: Ledger, how: str, known: Head) -> str:
    return (
        f"the ledger in {ledger.batches_dir} is behind what was {how}: batch {known.sequence} with digest {known.digest[:12]}… is"
        " missing; restore the missing batches"
    )


def _aside(ledger: Ledger) -> str:
    return f"move {ledger.handover_dir} away, and {RECONCILE}"
