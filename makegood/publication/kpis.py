"""The four KPIs over a time range, out of a count, a sum and the hours covered. Where those come from is the reader's business."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

SMALLEST_USD = Decimal("0.000000000001")


@dataclass(frozen=True)
class Kpis:
    """Compensations of a time range.

    Attributes:
        compensation_count: compensated requests.
        payout_usd: what was decided to be paid for them.
        hour_count: how many hours of the range the publication covers, those without compensation included.
    """

    compensation_count: int
    payout_usd: Decimal
    hour_count: int

    @property
    def average_usd(self) -> Decimal:
        """USD per compensated request, half-even to 12 places; 0 where there is none."""
        if not self.compensation_count:
            return Decimal(0)
        return (self.payout_usd / self.compensation_count).quantize(SMALLEST_USD, ROUND_HALF_EVEN)

    @property
    def average_per_day(self) -> Decimal:
        """Compensated requests a day, half-even to one place; a range of less than a day counts as one."""
        days = max(Decimal(1), Decimal(self.hour_count) / 24)
        return (self.compensation_count / days).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
