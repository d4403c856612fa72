"""Audit of fct_requests: are the number, cost, latency and completeness of the requests plausible?"""

from expectations.suite import Check, Relation, Suite

NO_LATENCY = "no latency was reported"
NO_COUNT = "no tokens were reported"
NO_COST = "no cost is known"
TOO_FEW = "too few requests"

ROWS = Relation(
    name="audited_fct_requests",
    keys=("source", "request_id"),
    empty_means="no requests",
    by=("source", "model"),
    checks=(
        Check("latency_ms", "no request ends before it begins", at_least=0, null_means=NO_LATENCY),
        Check("input_tokens", "no prompt has a negative number of tokens", at_least=0, null_means=NO_COUNT),
        Check("output_tokens", "no completion has a negative number of tokens", at_least=0, null_means=NO_COUNT),
        Check("cost_usd", "no request has a negative cost", at_least=0, null_means=NO_COST),
        Check(
            "latency_ms",
            "no request lasts longer than a day",
            at_most="LATENCY_MS_MAX",
            severity="warning",
            null_means=NO_LATENCY,
        ),
        Check(
            "input_tokens",
            "no prompt exceeds any context window",
            at_most="INPUT_TOKENS_MAX",
            severity="warning",
            null_means=NO_COUNT,
        ),
        Check(
            "output_tokens",
            "no completion exceeds any model",
            at_most="OUTPUT_TOKENS_MAX",
            severity="warning",
            null_means=NO_COUNT,
        ),
        Check(
            "cost_usd",
            "no request costs more than any call can",
            at_most="COST_USD_MAX",
            severity="warning",
            null_means=NO_COST,
        ),
    ),
)

HOURS = Relation(
    name="fct_requests_by_hour",
    keys=("request_date", "request_hour"),
    checks=(
        Check(
            "volume_ratio",
            "an hour has at most ten times the requests that its history has",
            at_most="VOLUME_RATIO_MAX",
            null_means="no history",
        ),
        Check(
            "settled_volume_ratio",
            "an hour that is complete has at least a tenth of the requests that its history has",
            at_least="VOLUME_RATIO_MIN",
            null_means="no history, or no complete hour",
        ),
        Check(
            "error_share",
            "few requests end in an error",
            at_most="ERROR_SHARE_WARN",
            null_means=TOO_FEW,
            severity="warning",
        ),
        Check(
            "unpriced_share",
            "nearly every request has a cost",
            at_most="UNPRICED_SHARE_WARN",
            null_means=TOO_FEW,
            severity="warning",
        ),
        Check("unpriced_share", "most requests have a cost", at_most="UNPRICED_SHARE_BLOCK", null_means=TOO_FEW),
        Check(
            "unknown_account_share",
            "nearly every request has an account",
            at_most="UNKNOWN_ACCOUNT_SHARE_WARN",
            null_means=TOO_FEW,
            severity="warning",
        ),
        Check(
            "missing_latency_share",
            "nearly every request has a latency",
            at_most="MISSING_LATENCY_SHARE_WARN",
            null_means=TOO_FEW,
            severity="warning",
        ),
        Check(
            "missing_latency_share",
            "most requests have a latency",
            at_most="MISSING_LATENCY_SHARE_BLOCK",
            null_means=TOO_FEW,
        ),
        Check(
            "absurd_share",
            "hardly any request lasts longer, says more or costs more than a call can",
            at_most="ABSURD_SHARE_BLOCK",
            null_means=TOO_FEW,
        ),
    ),
    query="fct_requests_by_hour",
)

SUITE = Suite(table="fct_requests", relations=(ROWS, HOURS), reads=("fct_requests", "fct_request_hours"))
