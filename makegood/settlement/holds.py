"""The hold list: accounts whose entries wait, one a line in `ledger/holds.csv`. Why one is on it is for its second column."""

from pathlib import Path

from makegood.errors import MakegoodError
from makegood.storage.rows import read_csv


def held_accounts(ledger: Path) -> set[str]:
    """The accounts on hold; none where there is no list.

    Raises:
        MakegoodError: the list cannot be read, its first line is not `account_id,reason`, or a line names no account.
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
    # A blank beside a name that was typed must not let money go: the account waits under either name.
    return {name for _, row in rows[1:] for name in (row[0], row[0].strip())}
