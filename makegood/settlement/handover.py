"""Hand-over to billing: the credits and the journal of each batch. Repeating a hand-over produces identical bytes.

A batch's credit to an account is Σ posted up to and including the batch, rounded half-even to cents, minus Σ credited before. If that is
negative, nothing is credited: the amount taken back is carried forward and offset against later postings.
"""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.settlement.batches import Batch
from makegood.settlement.ledger import COLUMNS, Ledger
from makegood.settlement.records import MANIFEST, Records, folder_of, write_record
from makegood.settlement.standings import Standing, Standings, after
from makegood.settlement.trusting import last_seen, note_seen, refuse_what_may_be_older
from makegood.storage.connections import connect
from makegood.storage.queries import sql_beside
from makegood.storage.rows import csv_text, json_lines

CREDITS = "credits.csv"
CREDIT_COLUMNS = (
    "idempotency_key", "account_id", "amount_usd", "currency", "reference", "credited_before_usd", "credited_after_usd",
)  # fmt: skip


@dataclass(frozen=True)
class Credit:
    """A credit that raises what an account was credited in total from `before_usd` to `after_usd`, in USD with two decimal places."""

    account_id: str
    before_usd: Decimal
    after_usd: Decimal

    @property
    def amount_usd(self) -> Decimal:
        """The amount to credit."""
        return self.after_usd - self.before_usd

    @property
    def idempotency_key(self) -> str:
        """The idempotency key. The total credited to an account only grows, so each step from one total to the next happens only once.

        It depends on neither batch nor day: if the same amount is settled again after the ledger was restored, it gets the same key.
        """
        money = json.dumps([self.account_id, f"{self.before_usd:.2f}", f"{self.after_usd:.2f}"])
        return "makegood-" + hashlib.sha256(money.encode()).hexdigest()[:32]

    @property
    def reference(self) -> str:
        """A text for people. It depends on the amounts only, since billing may refuse a known key that comes with a different text."""
        return f"compensation credited to date: from {self.before_usd:.2f} to {self.after_usd:.2f} USD"


@dataclass(frozen=True)
class Handover:
    """The files of one batch. `is_new` is false if they had been written before."""

    batch_id: int
    directory: Path
    credit_count: int
    amount_usd: Decimal
    is_new: bool


def hand_over_batches(home: Home, batch_id: int | None = None) -> list[Handover]:
    """Write the files of all batches not handed over yet, or of one batch again, each in its own folder under `ledger/handover`.

    Raises:
        MakegoodError: another settlement is running; the ledger is broken or may be older than what was handed over; there is no such
            batch; the previous batch was not handed over; or different files were handed over earlier for this batch.
    """
    ledger = Ledger(home.ledger)
    with ledger.settling():
        records = refuse_what_may_be_older(home, ledger, again=batch_id)
        batches = ledger.batches()
        if batch_id is not None and not 1 <= batch_id <= len(batches):
            raise MakegoodError(f"there is no batch {batch_id}: the ledger has {len(batches)}")
        numbers = records.missing(len(batches)) if batch_id is None else [batch_id]
        return [_hand_over(home, ledger, batches[number - 1], records) for number in numbers]


def credits(ledger: Ledger, batch: Batch, before: Standings) -> tuple[list[Credit], Standings]:
    """The credits of a batch, sorted by account and without zero amounts, and the standings after it."""
    with connect(extensions=()) as con:
        rows = con.execute(
            f"select account_id, sum(amount_usd) from {ledger.relation([batch])} group by account_id order by account_id"
        ).fetchall()
    then = after(before, rows)
    made = [
        Credit(account_id, before.get(account_id, Standing()).credited_usd, then[account_id].credited_usd)
        for account_id, _ in rows
    ]
    return [credit for credit in made if credit.amount_usd], then


def _hand_over(home: Home, ledger: Ledger, batch: Batch, records: Records) -> Handover:
    given, then = credits(ledger, batch, records.standings(batch.sequence - 1))
    amount = sum((credit.amount_usd for credit in given), Decimal(0))
    directory = folder_of(ledger.handover_dir, batch.sequence)
    is_new = not (directory / MANIFEST).exists()
    contents = {
        CREDITS: csv_text(
            CREDIT_COLUMNS,
            (
                [
                    one.idempotency_key, one.account_id, f"{one.amount_usd:.2f}", "USD", one.reference,
                    f"{one.before_usd:.2f}", f"{one.after_usd:.2f}",
                ]
                for one in given
            ),
        ),
        "journal.csv": _journal(ledger, batch),
        "lago_wallet_transactions.jsonl": json_lines(map(_lago, given)),
        "stripe_credit_grants.jsonl": json_lines(map(_stripe, given)),
    }  # fmt: skip
    facts = {
        "settled_date": str(batch.settled_date),
        "credit_count": len(given),
        "amount_usd": f"{amount:f}",
        "entry_count": batch.entry_count,
        "posted_usd": f"{batch.amount_usd:f}",
    }
    records.add(write_record(directory, batch.head, contents, then, facts))
    seen = last_seen(home)
    note_seen(home, ledger.head(), max(batch.sequence, seen.handed_over if seen else 0))
    return Handover(batch.sequence, directory, len(given), amount, is_new)


def _journal(ledger: Ledger, batch: Batch) -> str:
    with connect(extensions=()) as con:
        journal = sql_beside(__file__, "journal").format(columns=", ".join(COLUMNS), entries=ledger.relation([batch]))
        rows = con.execute(journal).fetchall()
    return csv_text(list(COLUMNS), ([_plain(value) for value in row] for row in rows))


def _plain(value: Any) -> str | None:
    if value is None:
        return None
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _lago(credit: Credit) -> dict[str, Any]:
    """The body of Lago's `POST /api/v1/wallet_transactions`, except for the id of the customer's wallet."""
    return {
        "external_customer_id": credit.account_id,
        "wallet_transaction": {
            "name": "Insurance compensation",
            "granted_credits": f"{credit.amount_usd:.2f}",
            "metadata": [
                {"key": "idempotency_key", "value": credit.idempotency_key},
                {"key": "reference", "value": credit.reference},
            ],
        },
    }


def _stripe(credit: Credit) -> dict[str, Any]:
    """The headers and body of Stripe's `POST /v1/billing/credit_grants`, except for the account's customer id. Amounts are in cents."""
    return {
        "account_id": credit.account_id,
        "headers": {"Idempotency-Key": credit.idempotency_key},
        "body": {
            "name": "Insurance compensation",
            "category": "promotional",
            "amount": {"type": "monetary", "monetary": {"currency": "usd", "value": int(credit.amount_usd * 100)}},
            "applicability_config": {"scope": {"price_type": "metered"}},
            "metadata": {"idempotency_key": credit.idempotency_key, "reference": credit.reference},
        },
    }
