"""Hand-over to billing: credit files of one batch, and its journal. A pure function of the ledger: again is byte for byte the same.

A batch's credit to an account is Σ posted through it, rounded half-even to cents, less Σ credited before it, and nothing where that is
negative: what was taken back is carried forward and set against what is posted later.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.duck import connect
from orchestration.errors import MakegoodError
from orchestration.settlement.ledger import COLUMNS, Batch, Head, Ledger, bytes_fault, read_batch
from orchestration.settlement.standings import FILE, Standing, Standings, after, as_text, handed_over_with, standings

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Credit:
    """What one account is credited for a batch, in USD with two places, and the entries that it comes of."""

    batch: Batch
    account_id: str
    amount_usd: Decimal
    entry_count: int

    @property
    def idempotency_key(self) -> str:
        """The same for the same batch and account, for ever; no other credit has it."""
        return "makegood-" + hashlib.sha256(f"{self.batch.digest}|{self.account_id}".encode()).hexdigest()[:32]

    @property
    def reference(self) -> str:
        """Where the entries are found: the batch, in whose journal they stand under the account."""
        return f"batch {self.batch.sequence:08d}, {self.entry_count} entries"


@dataclass(frozen=True)
class Handover:
    """The files of one batch. `is_new` is false where they were there already."""

    batch_id: int
    directory: Path
    credit_count: int
    amount_usd: Decimal
    is_new: bool


def hand_over_batches(ledger: Ledger, exports: Path, batch_id: int | None = None) -> list[Handover]:
    """Write the files of one batch, or of every batch that has none yet, each into a directory of its own under `exports`/handover.

    Raises:
        MakegoodError: the ledger is broken, there is no such batch, or other files than these were handed over for it.
    """
    ledger.head()
    files = ledger.files()
    if batch_id is not None and not 1 <= batch_id <= len(files):
        raise MakegoodError(f"there is no batch {batch_id}: the ledger has {len(files)}")
    numbers = range(1, len(files) + 1) if batch_id is None else [batch_id]
    return [
        _hand_over(ledger, read_batch(_sound(files[number - 1])), exports)
        for number in numbers
        if batch_id is not None or not (_directory(exports, number) / MANIFEST).exists()
    ]


def handed_over(exports: Path) -> Head | None:
    """The end of the chain at the last batch that was handed over; the ones before are before it in the chain. None where none was."""
    manifests = sorted((exports / "handover").glob(f"*/{MANIFEST}"))
    if not manifests:
        return None
    facts = json.loads(manifests[-1].read_text(encoding="utf-8"))
    return Head(facts["ledger_sequence"], facts["ledger_digest"])


def credits(batch: Batch, before: Standings) -> tuple[list[Credit], Standings]:
    """What a batch's accounts are credited, in order of account, those left out that are credited nothing; and the standings after it."""
    with connect(extensions=()) as con:
        rows = con.execute(
            "select account_id, sum(amount_usd), count(*) from read_parquet(?, hive_partitioning = false) group by account_id order by account_id",
            [str(batch.file)],
        ).fetchall()
    then = after(before, ((account_id, amount) for account_id, amount, _ in rows))
    made = [
        Credit(
            batch,
            account_id,
            then[account_id].credited_usd - before.get(account_id, Standing()).credited_usd,
            entry_count,
        )
        for account_id, _, entry_count in rows
    ]
    return [credit for credit in made if credit.amount_usd], then


def _directory(exports: Path, batch_id: int) -> Path:
    return exports / "handover" / f"{batch_id:08d}"


def _sound(file: Path) -> Path:
    if fault := bytes_fault(file):
        raise MakegoodError(f"not handed over: {fault}")
    return file


def _hand_over(ledger: Ledger, batch: Batch, exports: Path) -> Handover:
    directory = _directory(exports, batch.sequence)
    before = handed_over_with(batch, _directory(exports, batch.sequence - 1), MANIFEST)
    given, then = credits(batch, standings(ledger, batch.sequence - 1) if before is None else before)
    amount = sum((credit.amount_usd for credit in given), Decimal(0))
    contents = {
        "credits.csv": _csv(
            ["idempotency_key", "account_id", "amount_usd", "currency", "reference"],
            ([c.idempotency_key, _safe(c.account_id), f"{c.amount_usd:f}", "USD", c.reference] for c in given),
        ),
        "journal.csv": _journal(batch),
        "lago_wallet_transactions.jsonl": _lines(_lago(credit) for credit in given),
        "stripe_credit_grants.jsonl": _lines(_stripe(credit) for credit in given),
        FILE: as_text(then),
    }
    manifest = {
        "ledger_sequence": batch.sequence,
        "ledger_digest": batch.digest,
        "settled_date": str(batch.settled_date),
        "credit_count": len(given),
        "amount_usd": f"{amount:f}",
        "entry_count": batch.entry_count,
        "posted_usd": f"{batch.amount_usd:f}",
        "sha256": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in contents.items()},
    }
    contents[MANIFEST] = json.dumps(manifest, indent=2) + "\n"
    is_new = not (directory / MANIFEST).exists()
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in contents.items():
        _write_once(directory / name, text.encode())
    return Handover(batch.sequence, directory, len(given), amount, is_new)


def _write_once(file: Path, content: bytes) -> None:
    if file.exists():
        if file.read_bytes() != content:
            raise MakegoodError(
                f"{file} was handed over with another content: move it away, and find out who changed it"
            )
        return
    fresh = file.with_name(file.name + ".new")
    fresh.write_bytes(content)
    fresh.replace(file)


def _journal(batch: Batch) -> str:
    with connect(extensions=()) as con:
        rows = con.execute(
            f"select {', '.join(COLUMNS)} from read_parquet(?, hive_partitioning = false, file_row_number = true) order by file_row_number",
            [str(batch.file)],
        ).fetchall()
    return _csv(list(COLUMNS), ([_plain(value) for value in row] for row in rows))


def _csv(columns: list[str], rows: Iterable[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return format(value, "f") if isinstance(value, Decimal) else _safe(str(value))


def _safe(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _lines(objects: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in objects)


def _lago(credit: Credit) -> dict[str, Any]:
    """The body of Lago's `POST /api/v1/wallet_transactions`, but for the wallet's id: that of the customer's wallet."""
    return {
        "external_customer_id": credit.account_id,
        "wallet_transaction": {
            "name": "Insurance compensation",
            "granted_credits": f"{credit.amount_usd:f}",
            "metadata": [
                {"key": "idempotency_key", "value": credit.idempotency_key},
                {"key": "reference", "value": credit.reference},
            ],
        },
    }


def _stripe(credit: Credit) -> dict[str, Any]:
    """The header and body of Stripe's `POST /v1/billing/credit_grants`, but for the customer: that of the account. Amounts are in cents."""
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
