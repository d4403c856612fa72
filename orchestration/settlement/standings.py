"""Where each account stands with a batch: what was posted to it in all, and what was credited of it. Whole cents are credited, and never taken back.

The standings are handed over with each batch, so that the next hand-over begins there and does not read the ledger from its start.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from orchestration.duck import connect
from orchestration.settlement.ledger import Batch, Ledger

CENT = Decimal("0.01")
FILE = "standings.jsonl"


@dataclass(frozen=True)
class Standing:
    """One account's: Σ posted, exact, and Σ credited, in cents. USD."""

    posted_usd: Decimal = Decimal(0)
    credited_usd: Decimal = Decimal(0)

    def with_posted(self, amount: Decimal) -> "Standing":
        """The standing once this much more is posted: credited is the most that ever stood, rounded half-even to cents."""
        posted = self.posted_usd + amount
        return Standing(posted, max(self.credited_usd, posted.quantize(CENT, ROUND_HALF_EVEN)))


Standings = Mapping[str, Standing]


def standings(ledger: Ledger, sequence: int) -> Standings:
    """The standings with batch `sequence`, worked out from the ledger's first batch on. Accounts without an entry are not in it."""
    with connect(extensions=()) as con:
        rows = con.execute(
            f"select account_id, sum(amount_usd) from {ledger.relation(ledger.files()[:sequence])}"
            " group by account_id, batch_id order by account_id, batch_id"
        ).fetchall()
    found: dict[str, Standing] = defaultdict(Standing)
    for account_id, amount in rows:
        found[account_id] = found[account_id].with_posted(amount)
    return dict(found)


def as_text(standing: Standings) -> str:
    """The standings as lines of JSON, in order of account."""
    return "".join(
        json.dumps(
            {"account_id": account_id, "posted_usd": f"{one.posted_usd:f}", "credited_usd": f"{one.credited_usd:f}"},
            ensure_ascii=False,
        )
        + "\n"
        for account_id, one in sorted(standing.items())
    )


def handed_over_with(batch: Batch, directory: Path, manifest: str) -> Standings | None:
    """The standings before a batch, as they were handed over with the batch before it; None where that was not, or is not whole.

    Args:
        batch: the batch, which names the one before by its digest.
        directory: the files of the one before.
        manifest: the name of the file among them that holds the digest of each.
    """
    try:
        facts = json.loads((directory / manifest).read_text(encoding="utf-8"))
        content = (directory / FILE).read_bytes()
    except OSError:
        return None
    if facts["ledger_digest"] != batch.previous or facts["sha256"].get(FILE) != hashlib.sha256(content).hexdigest():
        return None
    rows = map(json.loads, content.decode().splitlines())
    return {row["account_id"]: Standing(Decimal(row["posted_usd"]), Decimal(row["credited_usd"])) for row in rows}


def after(before: Standings, posted: Iterable[tuple[str, Decimal]]) -> Standings:
    """The standings once these accounts' sums are posted."""
    return {
        **before,
        **{account_id: before.get(account_id, Standing()).with_posted(amount) for account_id, amount in posted},
    }
