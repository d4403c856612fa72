"""A simulated billing system: it reads the credit files of hand-overs and exports the credits that it has accepted."""

import csv
from decimal import Decimal
from pathlib import Path

from makegood.home import Home
from makegood.settlement.handover import CREDITS
from makegood.storage.rows import csv_text


class Billing:
    """A billing system that accepts each idempotency key once, however often it is sent."""

    def __init__(self) -> None:
        self.accepted: dict[str, tuple[str, Decimal]] = {}

    def accept_credits(self, home: Home) -> None:
        """Read all credit files of the ledger's hand-overs, including those that were read before."""
        for file in sorted((home.ledger / "handover").glob(f"*/{CREDITS}")):
            with file.open(newline="", encoding="utf-8") as stream:
                for row in csv.DictReader(stream):
                    self.accepted.setdefault(row["idempotency_key"], (row["account_id"], Decimal(row["amount_usd"])))

    def paid(self) -> dict[str, Decimal]:
        """The total that each account was credited, in USD."""
        sums: dict[str, Decimal] = {}
        for account, amount in self.accepted.values():
            sums[account] = sums.get(account, Decimal(0)) + amount
        return sums

    def export(self, file: Path, *, with_accounts: bool = False, without: str = "") -> Path:
        """Write the accepted credits to a CSV file, leaving out those of the account `without`."""
        rows = [
            [key, f"{amount:.2f}", account]
            for key, (account, amount) in sorted(self.accepted.items())
            if account != without
        ]
        columns = ["idempotency_key", "amount_usd", "account_id"]
        file.write_text(
            csv_text(columns, rows) if with_accounts else csv_text(columns[:2], [row[:2] for row in rows]),
            encoding="utf-8",
        )
        return file
