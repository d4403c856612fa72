"""The four KPIs of a time range, computed from a count, a sum and the number of hours covered; the caller queries these."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

SMALLEST_USD = Decimal("0.000000000001")


@dataclass(frozen=True)
class Kpis:
    """Compensations of a time range.

    Attributes:
        compensation_count: compensated requests.
        payout_usd: the total decided payout for them.
        hour_count: how many hours of the range the publication covers, including those without compensations.
    """

    compensation_count: int
    payout_usd: Decimal
    hour_count: int

    @property
    def average_usd(self) -> Decimal:
        """USD per compensated request, rounded half-even to 12 places; 0 if there are none."""
        if not self.compensation_count:
            return Decimal(0)
        return (self.payout_usd / self.compensation_count).quantize(SMALLEST_USD, ROUND_HALF_EVEN)

    @property
    def average_per_day(self) -> Decimal:
        """Compensated requests per day, rounded half-even to one place; a range shorter than a day counts as one day."""
        days = max(Decimal(1), Decimal(self.hour_count) / 24)
        return (self.compensation_count / days).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
