"""Reconciles the records with what billing has accepted, when the ledger may be older than what was handed over.

The idempotency key of a credit is derived from the account and its total credit before and after. A key that billing reports therefore
identifies its account even if its batch is lost: it equals the key of the next credit of that amount to that account.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.publication.reading import reading
from makegood.settlement.batches import Head
from makegood.settlement.handover import CREDITS, Credit, credits
from makegood.settlement.ledger import Ledger
from makegood.settlement.records import Records, write_record
from makegood.settlement.standings import Standing, Standings
from makegood.settlement.trusting import note_seen, refuse_what_is_behind
from makegood.storage.rows import csv_text, read_csv

ACCEPTED = "accepted.csv"
SHORT_NAMES = {"key": "idempotency_key", "amount": "amount_usd", "account": "account_id"}
KEY = re.compile(r"makegood-[0-9a-f]{32}")
AMOUNT = re.compile(r"[0-9]+(\.[0-9]{1,2}0*)?", re.ASCII)


@dataclass(frozen=True)
class Accepted:
    """One credit that billing has accepted: its line in the file, its amount in USD, and its account if the file states it."""

    line: int
    key: str
    amount_usd: Decimal
    account_id: str | None


@dataclass(frozen=True)
class Reconciliation:
    """The result: the numbers of credits in the file, of those already recorded and of new ones, and where the new ones were recorded.

    `directory` is None if billing has no credits that the records lack.
    """

    accepted_count: int
    known_count: int
    added_count: int
    added_usd: Decimal
    directory: Path | None


def reconcile(home: Home, file: Path, *, is_confirmed: bool = False) -> Reconciliation:
    """Raise the standings to what billing has accepted, so that the ledger may be continued.

    Args:
        home: the home with the ledger.
        file: a CSV file of all credits that billing ever accepted, with the columns idempotency_key, amount_usd and optionally account_id.
        is_confirmed: whether it is right that billing lacks a credit that was handed over, or one before a later one of its account.

    Raises:
        MakegoodError: the file cannot be read or contradicts the records, the ledger or a record is damaged, or the account of a credit
            cannot be determined. Nothing is changed then.
    """
    ledger = Ledger(home.ledger)
    with ledger.settling():
        refuse_what_is_behind(home, ledger)
        records = Records(ledger.handover_dir)
        heads = ledger.heads()
        for record in records:
            if record.head not in heads:
                raise MakegoodError(
                    f"{record.directory} refers to batches that the ledger does not have: move {ledger.handover_dir} away, and reconcile again"
                )
        given = read_accepted(file)
        handed_over = _handed_over(records)
        _refuse_other_amounts(file, given, handed_over)
        if not is_confirmed:
            _ask_about_gaps(file, given, handed_over)
        unknown = [one for one in given if one.key not in handed_over]
        before = records.standings(records.last)
        found = _Finder(home, ledger, records, before).find(file, unknown, is_confirmed)
        now = dict(before)
        for account_id, one in found:
            now[account_id] = now.get(account_id, Standing()).with_accepted(one.amount_usd)
        added = sum((one.amount_usd for _, one in found), Decimal(0))
        directory = None
        if found:
            directory = records.next_reconciliation()
            rows = ([one.key, account_id, f"{one.amount_usd:.2f}"] for account_id, one in found)
            contents = {ACCEPTED: csv_text(["idempotency_key", "account_id", "amount_usd"], rows)}
            at = ledger.batches()[records.last - 1].head if records.last else Head()
            write_record(directory, at, contents, now, {"credit_count": len(found), "amount_usd": f"{added:f}"})
        note_seen(home, ledger.head(), records.last)
        ledger.restored_mark.unlink(missing_ok=True)
    return Reconciliation(len(given), len(given) - len(unknown), len(found), added, directory)


def read_accepted(file: Path) -> list[Accepted]:
    """The credits that billing has accepted according to a file; a credit that is listed twice counts once.

    Raises:
        MakegoodError: the file cannot be read, or a line is invalid.
    """
    try:
        lines = list(read_csv(file.read_bytes()))
    except (OSError, ValueError) as error:
        raise MakegoodError(f"cannot read {file}: {error}") from error
    heading = [SHORT_NAMES.get(name.strip(), name.strip()) for name in (lines[0][1] if lines else [])]
    if not {"idempotency_key", "amount_usd"} <= set(heading):
        raise MakegoodError(f"{file} must begin with a line that names the columns idempotency_key and amount_usd")
    accepted: dict[str, Accepted] = {}
    for number, fields in lines[1:]:
        if len(fields) != len(heading):
            raise MakegoodError(f"{file}, line {number}: there are {len(fields)} fields under {len(heading)} columns")
        row = dict(zip(heading, fields, strict=True))
        if not KEY.fullmatch(row["idempotency_key"]):
            raise MakegoodError(
                f"{file}, line {number}: {row['idempotency_key']!r} is not a key of a hand-over; leave out credits that are not Makegood's"
            )
        if not AMOUNT.fullmatch(row["amount_usd"]):
            raise MakegoodError(f"{file}, line {number}: {row['amount_usd']!r} is not an amount in USD, such as 1.10")
        one = Accepted(number, row["idempotency_key"], Decimal(row["amount_usd"]), row.get("account_id") or None)
        if accepted.setdefault(one.key, one).amount_usd != one.amount_usd:
            raise MakegoodError(f"{file}, line {number}: {one.key} has another amount on line {accepted[one.key].line}")
    return list(accepted.values())


def _handed_over(records: Records) -> dict[str, Decimal]:
    """The amount of every credit in the records, by its key."""
    amounts = {}
    for record in records:
        heading, *rows = [fields for _, fields in read_csv(record.read(ACCEPTED if record.reconciliation else CREDITS))]
        key, amount = heading.index("idempotency_key"), heading.index("amount_usd")
        amounts.update({row[key]: Decimal(row[amount]) for row in rows})
    return amounts


def _refuse_other_amounts(file: Path, given: Iterable[Accepted], handed_over: Mapping[str, Decimal]) -> None:
    for one in given:
        if one.amount_usd != handed_over.get(one.key, one.amount_usd):
            raise MakegoodError(
                f"{file}, line {one.line}: {one.key} was handed over with {handed_over[one.key]} USD, and billing has {one.amount_usd} USD;"
                " find out which is right"
            )


def _ask_about_gaps(file: Path, given: Iterable[Accepted], handed_over: Mapping[str, Decimal]) -> None:
    """Refuse a list without all recorded credits: it is probably incomplete, and any other credit that it lacks would be paid twice."""
    named = {one.key for one in given}
    lacking = [(key, amount) for key, amount in handed_over.items() if key not in named]
    if lacking:
        raise MakegoodError(
            f"{file} lacks {len(lacking)} credits that were handed over, the first is {lacking[0][0]} of {lacking[0][1]:.2f} USD: complete the"
            " file, or say --confirm if billing never accepted them; they still count as credited, so give billing their files then"
        )


class _Finder:
    """Finds the accounts of credits that the records do not have."""

    def __init__(self, home: Home, ledger: Ledger, records: Records, before: Standings) -> None:
        """Compute the credits of the batches not handed over yet, as they would be handed over: `chains`, by account."""
        self.chains: dict[str, list[Credit]] = {}
        standing = before
        for batch in ledger.batches()[records.last :]:
            given, standing = credits(ledger, batch, standing)
            for credit in given:
                self.chains.setdefault(credit.account_id, []).append(credit)
        self.credited = {account: Decimal("0.00") for account in _published_accounts(home)}
        self.credited |= {account: one.credited_usd for account, one in standing.items()}

    def find(self, file: Path, unknown: list[Accepted], is_confirmed: bool) -> list[tuple[str, Accepted]]:
        """The credits with their accounts.

        Raises:
            MakegoodError: an account cannot be determined, or the file lacks a credit although it has a later one of the same account.
        """
        keys = {one.key: one for one in unknown}
        found = self._in_chains(file, keys, is_confirmed) + self._after_chains(keys)
        for one in keys.values():
            if one.account_id is None:
                raise MakegoodError(
                    f"{file}, line {one.line}: the account of {one.key} cannot be found, neither among those of the ledger nor of the published"
                    " hours; run the hours that are missing, or add the column account_id"
                )
            found.append((one.account_id, one))
        return found

    def _in_chains(self, file: Path, keys: dict[str, Accepted], is_confirmed: bool) -> list[tuple[str, Accepted]]:
        """Find credits of batches that the ledger has. They are removed from `keys`."""
        found = []
        for account, chain in self.chains.items():
            lacking = None
            for credit in chain:
                one = keys.pop(credit.idempotency_key, None)
                if one is None:
                    lacking = lacking or credit
                    continue
                if lacking and not is_confirmed:
                    raise MakegoodError(
                        f"{file} has {one.key} of account {account!r}, but not {lacking.idempotency_key} of {lacking.amount_usd:.2f} USD, which"
                        " comes before it: complete the file, or say --confirm if billing never accepted that one"
                    )
                found.append((account, one))
        return found

    def _after_chains(self, keys: dict[str, Accepted]) -> list[tuple[str, Accepted]]:
        """Find credits of lost batches, by trying each account's next credit, then the one after it. They are removed from `keys`."""
        found = []
        amounts = sorted({one.amount_usd for one in keys.values()})
        for account in sorted(self.credited) if keys else []:
            before, is_next = self.credited[account], True
            while is_next:
                is_next = False
                for amount in amounts:
                    one = keys.pop(Credit(account, before, before + amount).idempotency_key, None)
                    if one:
                        found.append((account, one))
                        before, is_next = before + amount, True
        return found


def _published_accounts(home: Home) -> list[str]:
    """The accounts with compensations; empty if nothing is published."""
    try:
        with reading(home.warehouse) as (con, _):
            rows = con.execute("select distinct account_id from fct_compensations order by account_id").fetchall()
    except MakegoodError:
        return []
    return [account for (account,) in rows]
