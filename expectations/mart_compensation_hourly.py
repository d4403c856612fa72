"""Audit of mart_compensation_hourly: are all values positive, and do the sum and mix of payouts resemble their history?"""

from expectations import thresholds as limit
from expectations.suite import Relation, Suite, query, within

ROWS = Relation(
    name="audited_mart_compensation_hourly",
    keys=("request_date", "request_hour", "compensation_type", "model"),
    empty_means="no compensations",
    expectations=(
        within("compensation_count", "every row counts a compensation", at_least=1),
        within("payout_usd", "no payout is negative", at_least=0),
        within("cost_usd", "no cost is negative", at_least=0),
    ),
)

HOURS = Relation(
    name="mart_compensation_by_hour",
    keys=("request_date", "request_hour"),
    empty_means="no request hours",
    expectations=(
        within(
            "payout_ratio",
            "an hour pays at most ten times what its history pays",
            at_most=limit.PAYOUT_RATIO_HOLD,
            null_means="no history",
            severity="hold",
        ),
    ),
    sql=query("mart_compensation_by_hour"),
)

TYPES = Relation(
    name="mart_compensation_types_by_day",
    keys=("request_date", "compensation_type"),
    empty_means="no compensations",
    expectations=(
        within(
            "share_change",
            "the mix of compensation types resembles its history",
            at_least=-limit.TYPE_SHARE_CHANGE_WARN,
            at_most=limit.TYPE_SHARE_CHANGE_WARN,
            severity="warning",
            null_means="too few compensations, or no history",
        ),
    ),
    sql=query("mart_compensation_types_by_day"),
)

SUITE = Suite(
    table="mart_compensation_hourly",
    relations=(ROWS, HOURS, TYPES),
    reads=("fct_request_hours", "mart_compensation_hourly"),
)
