"""Audit of fct_compensations: are the payouts of these hours plausible relative to their requests and costs?"""

from expectations.suite import Check, Relation, Suite

ROWS = Relation(
    name="audited_fct_compensations",
    keys=("source", "request_id"),
    empty_means="no compensations",
    checks=(Check("payout_usd", "no payout is negative", at_least=0),),
)

TOO_FEW = "too few requests"
NOTHING = "too few requests, or nothing was billed and nothing paid back"

HOURS = Relation(
    name="fct_compensations_by_hour",
    keys=("request_date", "request_hour"),
    checks=(
        Check(
            "largest_payout_usd",
            "no single payout exceeds any cap or call",
            at_most="PAYOUT_USD_HOLD",
            null_means="no compensations",
            severity="hold",
        ),
        Check(
            "compensated_share",
            "few requests are compensated",
            at_most="COMPENSATED_SHARE_WARN",
            null_means=TOO_FEW,
            severity="warning",
        ),
        Check(
            "compensated_share",
            "most requests are not compensated",
            at_most="COMPENSATED_SHARE_HOLD",
            null_means=TOO_FEW,
            severity="hold",
        ),
        Check(
            "payout_share",
            "little of what was billed is paid back",
            at_most="PAYOUT_SHARE_WARN",
            null_means=NOTHING,
            severity="warning",
        ),
        Check(
            "payout_share",
            "most of what was billed is kept",
            at_most="PAYOUT_SHARE_HOLD",
            null_means=NOTHING,
            severity="hold",
        ),
    ),
    query="fct_compensations_by_hour",
)

SUITE = Suite(
    table="fct_compensations",
    relations=(ROWS, HOURS),
    reads=("fct_requests", "fct_compensations"),
)
