"""Audit of mart_compensation_hourly: are all values positive, and do the sum and mix of payouts resemble their history?"""

from expectations.suite import Check, Relation, Suite

ROWS = Relation(
    name="audited_mart_compensation_hourly",
    keys=("request_date", "request_hour", "compensation_type", "model"),
    empty_means="no compensations",
    checks=(
        Check("compensation_count", "every row counts a compensation", at_least=1),
        Check("payout_usd", "no payout is negative", at_least=0),
        Check("cost_usd", "no cost is negative", at_least=0),
    ),
)

HOURS = Relation(
    name="mart_compensation_by_hour",
    keys=("request_date", "request_hour"),
    empty_means="no request hours",
    checks=(
        Check(
            "payout_ratio",
            "an hour pays at most ten times what its history pays",
            at_most="PAYOUT_RATIO_HOLD",
            null_means="no history",
            severity="hold",
        ),
    ),
    query="mart_compensation_by_hour",
)

TYPES = Relation(
    name="mart_compensation_types_by_day",
    keys=("request_date", "compensation_type"),
    empty_means="no compensations",
    checks=(
        Check(
            "share_change",
            "the mix of compensation types resembles its history",
            at_least="-TYPE_SHARE_CHANGE_WARN",
            at_most="TYPE_SHARE_CHANGE_WARN",
            severity="warning",
            null_means="too few compensations, or no history",
        ),
    ),
    query="mart_compensation_types_by_day",
)

SUITE = Suite(
    table="mart_compensation_hourly",
    relations=(ROWS, HOURS, TYPES),
    reads=("fct_request_hours", "mart_compensation_hourly"),
)
