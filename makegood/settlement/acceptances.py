"""Acceptances of surprising money: who accepted which check of which request hours at which values, and why.

Each is a sealed file in the ledger's folder, `acceptances/NNNNNNNN.json`, which names the digest of the one before and is never changed. An
acceptance is valid for exactly what it names: if an hour is derived anew with another value or other payouts, a person is asked again.
"""

import getpass
import hashlib
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError
from makegood.home import Home, publications_file
from makegood.hours import HourRange
from makegood.publication.asking import number
from makegood.publication.findings import Finding, now
from makegood.publication.publications import Publications
from makegood.publication.reading import current_publication
from makegood.settlement.ledger import Ledger
from makegood.storage.durable import name_durably, read_sealed, sealed, sync
from makegood.storage.rows import plain

LONGEST_REASON = 1_000
REMEDY = "restore the folder from a copy of the ledger"


@dataclass(frozen=True)
class AcceptedHour:
    """What was accepted of a request hour (naive UTC): the value that was measured, as text, and what the hour pays."""

    hour: datetime
    measured: str
    compensation_count: int
    payout_usd: Decimal


@dataclass(frozen=True)
class Acceptance:
    """One acceptance. `accepted_by` is the name that was given, `user` that of the process; `digest` is of the file."""

    number: int
    check: str
    hours: tuple[AcceptedHour, ...]
    reason: str
    accepted_by: str
    user: str
    accepted_at: datetime
    digest: str

    @property
    def payout_usd(self) -> Decimal:
        """What the accepted hours pay in total."""
        return sum((one.payout_usd for one in self.hours), Decimal(0))

    @property
    def name(self) -> str:
        """The number and the digest, as a batch of the ledger refers to it."""
        return f"{self.number}:{self.digest}"

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is of this check, and what it found is what was accepted."""
        return finding.check == self.check and _accepted_hour(finding) in self.hours


@dataclass(frozen=True)
class Answered:
    """What the audits hold at the publication: what is open, and what was accepted, with the acceptance."""

    open: tuple[Finding, ...]
    accepted: tuple[tuple[Finding, Acceptance], ...]

    @property
    def held_dates(self) -> set[date]:
        """The request dates that are not settled until somebody accepts."""
        return {finding.hour.date() for finding in self.open if finding.hour}

    def accepted_on(self, dates: Iterable[date]) -> list[str]:
        """The acceptances that concern one of these request dates, in order, by number and digest."""
        days = set(dates)
        concerned = {one for finding, one in self.accepted if finding.hour and finding.hour.date() in days}
        return [one.name for one in sorted(concerned, key=lambda one: one.number)]


def read_acceptances(ledger: Path) -> list[Acceptance]:
    """All acceptances, in order.

    Raises:
        MakegoodError: a file is damaged, missing or out of order; names it.
    """
    directory, found, before = ledger / "acceptances", list[Acceptance](), ""
    for place, file in enumerate(sorted(directory.glob("*.json")), 1):
        one = _read(file, before)
        if one.number != place or file.stem != f"{place:08d}":
            raise MakegoodError(f"{directory} lacks acceptance {place}: {REMEDY}")
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
    acceptances = read_acceptances(home.ledger)
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


def accept(
    home: Home, check: str, hours: HourRange, payout_usd: Decimal, reason: str, accepted_by: str | None = None
) -> Acceptance:
    """Accept what the audits hold of this check in these request hours, at the values that are published now.

    Args:
        home: whose publication it is.
        check: the check, as `makegood audits` lists it.
        hours: the request hours.
        payout_usd: what these hours pay in total, as the person has seen it.
        reason: why the money is right; it is kept for good.
        accepted_by: who says so; by default the user of this process.

    Raises:
        MakegoodError: nothing of the check is open in these hours, they pay something else now, the reason says nothing, or the ledger is in use.
    """
    published, user = current_publication(home.warehouse), _user()
    reason, accepted_by = reason.strip(), (user if accepted_by is None else accepted_by).strip()
    for name, text in (("reason", reason), ("name", accepted_by)):
        if len(text) > LONGEST_REASON or not text.isprintable() or not any(letter.isalnum() for letter in text):
            raise MakegoodError(f"the {name} must be a text of up to {LONGEST_REASON:,} characters on one line")
    ledger = Ledger(home.ledger)
    with ledger.settling():
        waiting = answered(home, published.snapshot_id).open
        chosen = [one for one in waiting if one.check == check and one.hour and hours.start <= one.hour < hours.end]
        if not chosen:
            raise MakegoodError(f"nothing of {check} waits for acceptance from {hours}{_instead(waiting)}")
        paid = sum((one.payout_usd for one in chosen), Decimal(0))
        if paid != payout_usd:
            raise MakegoodError(
                f"what waits of {check} from {hours} pays {paid:f} USD now, and not {payout_usd:f}: look at it again with `makegood audits`"
            )
        return _write(home.ledger, check, chosen, reason, accepted_by, user)


def parse_usd(text: str) -> Decimal:
    """What somebody typed as the sum that they accept.

    Raises:
        MakegoodError: it is no amount.
    """
    try:
        return number(text)
    except ValueError as error:
        raise MakegoodError(f"{text!r} is not an amount in USD ({error})") from error


def _user() -> str:
    """The user of this process; in a container it may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _instead(waiting: Iterable[Finding]) -> str:
    listed = sorted({f"{one.check} in {one.hour:%Y-%m-%dT%H}" for one in waiting})
    more = f" and {len(listed) - 3:,} more" if len(listed) > 3 else ""
    return f"; what waits is {', '.join(listed[:3])}{more}" if listed else ": nothing waits at all"


def _write(
    ledger: Path, check: str, findings: Iterable[Finding], reason: str, accepted_by: str, user: str
) -> Acceptance:
    before, directory = read_acceptances(ledger), ledger / "acceptances"
    facts = {
        "number": len(before) + 1,
        "previous": before[-1].digest if before else "",
        "check": check,
        "hours": [plain(asdict(_accepted_hour(one))) for one in findings],
        "reason": reason,
        "accepted_by": accepted_by,
        "user": user,
        "accepted_at": now().isoformat(),
    }
    if not directory.exists():
        directory.mkdir()
        sync(ledger)
    fresh, file = directory / ".new", directory / f"{len(before) + 1:08d}.json"
    # One that was killed may have left this name for its own acceptance, which must not be written to.
    fresh.unlink(missing_ok=True)
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
            hours=tuple(map(_read_hour, facts["hours"])),
            reason=str(facts["reason"]),
            accepted_by=str(facts["accepted_by"]),
            user=str(facts["user"]),
            accepted_at=datetime.fromisoformat(facts["accepted_at"]),
            digest=hashlib.sha256(file.read_bytes()).hexdigest(),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError, OSError) as error:
        raise MakegoodError(f"{file} is not an acceptance ({error}): {REMEDY}") from error


def _accepted_hour(finding: Finding) -> AcceptedHour:
    assert finding.hour is not None, "only findings of an hour hold the settlement"
    return AcceptedHour(finding.hour, finding.measured, finding.compensation_count, finding.payout_usd)


def _read_hour(fields: dict[str, Any]) -> AcceptedHour:
    return AcceptedHour(
        datetime.fromisoformat(fields["hour"]),
        str(fields["measured"]),
        int(fields["compensation_count"]),
        Decimal(fields["payout_usd"]),
    )
