"""Acceptances of surprising money: who accepted which check of which request hours at which values, and why.

Each is a sealed file in the ledger's folder, `acceptances/NNNNNNNN.json`, which names the digest of the one before and is never changed. An
acceptance is valid for exactly the values that it names: if an hour is derived anew with another value, a person is asked again.
"""

import getpass
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError
from makegood.home import Home, publications_file
from makegood.hours import HourRange
from makegood.publication.asking import has_control
from makegood.publication.findings import Finding, now
from makegood.publication.publications import Publications
from makegood.publication.reading import current_publication
from makegood.settlement.ledger import Ledger
from makegood.storage.durable import name_durably, read_sealed, sealed, sync

LONGEST_REASON = 1_000
REMEDY = "restore the folder from a copy of the ledger"


@dataclass(frozen=True)
class Acceptance:
    """One acceptance. `hours` are pairs of a request hour (naive UTC) and the value that was measured, as text."""

    number: int
    check: str
    hours: tuple[tuple[datetime, str], ...]
    reason: str
    accepted_by: str
    accepted_at: datetime
    digest: str

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is of this check, and its value one of those that were accepted."""
        return finding.check == self.check and (finding.hour, finding.measured) in self.hours


@dataclass(frozen=True)
class Answered:
    """What the audits hold at the publication: what is open, and what was accepted, with the acceptance."""

    open: tuple[Finding, ...]
    accepted: tuple[tuple[Finding, Acceptance], ...]

    @property
    def held_dates(self) -> set[date]:
        """The request dates that are not settled until somebody accepts."""
        return {finding.hour.date() for finding in self.open if finding.hour}

    def accepted_on(self, dates: Iterable[date]) -> set[int]:
        """The numbers of the acceptances that concern one of these request dates."""
        days = set(dates)
        return {one.number for finding, one in self.accepted if finding.hour and finding.hour.date() in days}


def read_acceptances(ledger: Path) -> list[Acceptance]:
    """All acceptances, in order.

    Raises:
        MakegoodError: a file is damaged, missing or out of order; names it.
    """
    directory, found, before = ledger / "acceptances", list[Acceptance](), ""
    for number, file in enumerate(sorted(directory.glob("*.json")), 1):
        one = _read(file, before)
        if one.number != number or file.stem != f"{number:08d}":
            raise MakegoodError(f"{directory} lacks acceptance {number}: {REMEDY}")
        found.append(one)
        before = one.digest
    return found


def answered(home: Home, snapshot_id: int) -> Answered:
    """What the audits hold at a published snapshot, and what of it was accepted.

    Raises:
        MakegoodError: the record of publications, or an acceptance, is damaged.
    """
    record = Publications(publications_file(home.warehouse))
    try:
        held = record.findings.held(snapshot_id)
    finally:
        record.close()
    acceptances = read_acceptances(home.ledger) if held else []
    pairs = [(finding, next((one for one in acceptances if one.covers(finding)), None)) for finding in held]
    return Answered(
        tuple(finding for finding, one in pairs if one is None),
        tuple((finding, one) for finding, one in pairs if one is not None),
    )


def held_hours(home: Home, snapshot_id: int) -> list[datetime]:
    """The request hours of a published snapshot whose money nobody has accepted yet, in order.

    Raises:
        MakegoodError: as `answered`.
    """
    return sorted({finding.hour for finding in answered(home, snapshot_id).open if finding.hour})


def accept(home: Home, check: str, hours: HourRange, reason: str, accepted_by: str | None = None) -> Acceptance:
    """Accept what the audits hold of this check in these request hours, at the values that are published now.

    Args:
        home: whose publication it is.
        check: the check, as `makegood audits` lists it.
        hours: the request hours.
        reason: why the money is right; it is kept for good.
        accepted_by: who says so; by default the user of this process.

    Raises:
        MakegoodError: nothing of the check is open in these hours, the reason is empty, or another settlement or acceptance is at work.
    """
    reason, accepted_by = reason.strip(), (accepted_by or getpass.getuser()).strip()
    for name, text in (("reason", reason), ("name", accepted_by)):
        if not text or len(text) > LONGEST_REASON or has_control(text):
            raise MakegoodError(f"the {name} must be a text of 1 to {LONGEST_REASON:,} characters on one line")
    ledger = Ledger(home.ledger)
    with ledger.settling():
        waiting = answered(home, current_publication(home.warehouse).snapshot_id).open
        chosen = [one for one in waiting if one.check == check and one.hour and hours.start <= one.hour < hours.end]
        if not chosen:
            raise MakegoodError(f"nothing of {check} waits for acceptance from {hours}{_instead(waiting)}")
        return _write(home.ledger, check, chosen, reason, accepted_by)


def _instead(waiting: Iterable[Finding]) -> str:
    listed = sorted({f"{one.check} in {one.hour:%Y-%m-%dT%H}" for one in waiting})
    more = f" and {len(listed) - 3:,} more" if len(listed) > 3 else ""
    return f"; what waits is {', '.join(listed[:3])}{more}" if listed else ": nothing waits at all"


def _write(ledger: Path, check: str, findings: Iterable[Finding], reason: str, accepted_by: str) -> Acceptance:
    before, directory = read_acceptances(ledger), ledger / "acceptances"
    facts = {
        "number": len(before) + 1,
        "previous": before[-1].digest if before else "",
        "check": check,
        "hours": [[f"{one.hour:%Y-%m-%dT%H}", one.measured] for one in findings],
        "reason": reason,
        "accepted_by": accepted_by,
        "accepted_at": now().isoformat(),
    }
    if not directory.exists():
        directory.mkdir()
        sync(ledger)
    fresh, file = directory / ".new", directory / f"{len(before) + 1:08d}.json"
    fresh.write_bytes(sealed(facts))
    name_durably(fresh, file)
    return _read(file, str(facts["previous"]))


def _read(file: Path, previous: str) -> Acceptance:
    facts = read_sealed(file, REMEDY)
    try:
        if facts["previous"] != previous:
            raise ValueError("it does not follow the one before it")
        return Acceptance(
            number=int(facts["number"]),
            check=str(facts["check"]),
            hours=tuple(_pairs(facts["hours"])),
            reason=str(facts["reason"]),
            accepted_by=str(facts["accepted_by"]),
            accepted_at=datetime.fromisoformat(facts["accepted_at"]),
            digest=hashlib.sha256(file.read_bytes()).hexdigest(),
        )
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise MakegoodError(f"{file} is not an acceptance ({error}): {REMEDY}") from error


def _pairs(listed: Iterable[Any]) -> Iterator[tuple[datetime, str]]:
    for hour, measured in listed:
        yield datetime.fromisoformat(hour), str(measured)
