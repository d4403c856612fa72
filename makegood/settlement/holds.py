"""What a settlement holds back: the accounts of the hold list, and the request dates with money that nobody has accepted yet.

The hold list `ledger/holds.csv` names an account per line; its second column is for the reason.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from makegood.errors import MakegoodError
from makegood.settlement.acceptances import Answered
from makegood.storage.rows import read_csv


@dataclass(frozen=True)
class Holds:
    """The accounts and the request dates whose entries are held back."""

    accounts: frozenset[str] = frozenset()
    dates: frozenset[date] = frozenset()


def holds(ledger: Path, answers: Answered) -> Holds:
    """What is held back, by the hold list and by the audits.

    Raises:
        MakegoodError: the hold list cannot be read.
    """
    return Holds(frozenset(held_accounts(ledger)), frozenset(answers.held_dates))


def held_accounts(ledger: Path) -> set[str]:
    """The accounts on hold; empty if there is no list.

    Raises:
        MakegoodError: the list cannot be read, its first line does not begin with `account_id`, or a line names no account.
    """
    file = ledger / "holds.csv"
    if not file.exists():
        return set()
    try:
        rows = list(read_csv(file.read_bytes()))
    except (OSError, ValueError) as error:
        raise MakegoodError(f"cannot read the hold list {file}: {error}") from error
    if not rows or rows[0][1][:1] != ["account_id"]:
        raise MakegoodError(f"the hold list {file} must begin with the line account_id,reason")
    for number, row in rows[1:]:
        if not row[0].strip():
            raise MakegoodError(
                f"the hold list {file} names no account on line {number}: complete the line, or remove it"
            )
    # A name typed with surrounding blanks must still hold the account, so both spellings are held.
    return {name for _, row in rows[1:] for name in (row[0], row[0].strip())}
