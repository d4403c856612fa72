"""Each account's standing after a batch: the totals posted and credited. Credits are in whole cents and are never taken back.

The standings are part of each hand-over, so that the next one continues from there instead of reading the ledger from its start.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from makegood.storage.rows import json_lines, read_json_lines

CENT = Decimal("0.01")
FILE = "standings.jsonl"


@dataclass(frozen=True)
class Standing:
    """One account's standing: the exact sum posted, and the sum credited, in whole cents. USD."""

    posted_usd: Decimal = Decimal(0)
    credited_usd: Decimal = Decimal(0)

    def with_posted(self, amount: Decimal) -> "Standing":
        """The standing after posting this amount. The credited total is the highest posted total so far, rounded half-even to cents."""
        posted = self.posted_usd + amount
        return Standing(posted, max(self.credited_usd, posted.quantize(CENT, ROUND_HALF_EVEN)))

    def with_accepted(self, amount: Decimal) -> "Standing":
        """The standing after billing turned out to have credited this additional amount."""
        return Standing(self.posted_usd, self.credited_usd + amount)


Standings = Mapping[str, Standing]


def as_text(standing: Standings) -> str:
    """The standings as JSON lines, sorted by account."""
    return json_lines(
        {"account_id": account_id, "posted_usd": f"{one.posted_usd:f}", "credited_usd": f"{one.credited_usd:f}"}
        for account_id, one in sorted(standing.items())
    )


def read_standings(content: bytes) -> Standings:
    """Parse the output of `as_text`.

    Raises:
        ValueError: the content is something else.
    """
    try:
        return {
            row["account_id"]: Standing(Decimal(row["posted_usd"]), Decimal(row["credited_usd"]))
            for row in read_json_lines(content)
        }
    except (KeyError, TypeError, ArithmeticError) as error:
        raise ValueError(f"a line lacks the account or its amounts: {error}") from error


def after(before: Standings, posted: Iterable[tuple[str, Decimal]]) -> Standings:
    """The standings after these sums were posted to these accounts."""
    return {
        **before,
        **{account_id: before.get(account_id, Standing()).with_posted(amount) for account_id, amount in posted},
    }
