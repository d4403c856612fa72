"""The hold list: accounts whose entries wait, one a line in `ledger/holds.csv`. Why one is on it is for its second column."""

import csv
from pathlib import Path

from orchestration.errors import MakegoodError


def held_accounts(ledger: Path) -> set[str]:
    """The accounts on hold; none where there is no list.

    Raises:
        MakegoodError: the list cannot be read, or its first line is not `account_id,reason`.
    """
    file = ledger / "holds.csv"
    if not file.exists():
        return set()
    try:
        with file.open(newline="", encoding="utf-8") as opened:
            rows = [row for row in csv.reader(opened) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MakegoodError(f"cannot read the hold list {file}: {error}") from error
    if not rows or rows[0][:1] != ["account_id"]:
        raise MakegoodError(f"the hold list {file} must begin with the line account_id,reason")
    return {row[0] for row in rows[1:]}
