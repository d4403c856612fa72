"""Audit of fct_requests: are the number, cost, latency and completeness of the requests plausible?"""

from expectations import thresholds as limit
from expectations.suite import Relation, Suite, query, within

NO_LATENCY = "no latency was reported"
NO_COUNT = "no tokens were reported"
NO_COST = "no cost is known"
TOO_FEW = "too few requests"

ROWS = Relation(
    name="audited_fct_requests",
    keys=("source", "request_id"),
    empty_means="no requests",
    expectations=(
        within("latency_ms", "no request ends before it begins", at_least=0, null_means=NO_LATENCY),
        within("input_tokens", "no prompt has a negative number of tokens", at_least=0, null_means=NO_COUNT),
        within("output_tokens", "no completion has a negative number of tokens", at_least=0, null_means=NO_COUNT),
        within("cost_usd", "no request has a negative cost", at_least=0, null_means=NO_COST),
        within(
            "latency_ms",
            "no request lasts longer than a day",
            at_most=limit.LATENCY_MS_MAX,
            severity="warning",
            null_means=NO_LATENCY,
        ),
        within(
            "input_tokens",
            "no prompt exceeds any context window",
            at_most=limit.INPUT_TOKENS_MAX,
            severity="warning",
            null_means=NO_COUNT,
        ),
        within(
            "output_tokens",
            "no completion exceeds any model",
            at_most=limit.OUTPUT_TOKENS_MAX,
            severity="warning",
            null_means=NO_COUNT,
        ),
        within(
            "cost_usd",
            "no request costs more than any call can",
            at_most=limit.COST_USD_MAX,
            severity="warning",
            null_means=NO_COST,
        ),
    ),
)

HOURS = Relation(
    name="fct_requests_by_hour",
    keys=("request_date", "request_hour"),
    expectations=(
        within(
            "volume_ratio",
            "an hour has at most ten times the requests that its history has",
            at_most=limit.VOLUME_RATIO_MAX,
            null_means="no history",
        ),
        within(
            "settled_volume_ratio",
            "an hour that is complete has at least a tenth of the requests that its history has",
            at_least=limit.VOLUME_RATIO_MIN,
            null_means="no history, or no complete hour",
        ),
        within(
            "error_share",
            "few requests end in an error",
            at_most=limit.ERROR_SHARE_WARN,
            null_means=TOO_FEW,
            severity="warning",
        ),
        within(
            "unpriced_share",
            "nearly every request has a cost",
            at_most=limit.UNPRICED_SHARE_WARN,
            null_means=TOO_FEW,
            severity="warning",
        ),
        within("unpriced_share", "most requests have a cost", at_most=limit.UNPRICED_SHARE_BLOCK, null_means=TOO_FEW),
        within(
            "unknown_account_share",
            "nearly every request has an account",
            at_most=limit.UNKNOWN_ACCOUNT_SHARE_WARN,
            null_means=TOO_FEW,
            severity="warning",
        ),
        within(
            "missing_latency_share",
            "nearly every request has a latency",
            at_most=limit.MISSING_LATENCY_SHARE_WARN,
            null_means=TOO_FEW,
            severity="warning",
        ),
        within(
            "missing_latency_share",
            "most requests have a latency",
            at_most=limit.MISSING_LATENCY_SHARE_BLOCK,
            null_means=TOO_FEW,
        ),
        within(
            "absurd_share",
            "hardly any request lasts longer, says more or costs more than a call can",
            at_most=limit.ABSURD_SHARE_BLOCK,
            null_means=TOO_FEW,
        ),
    ),
    sql=query("fct_requests_by_hour"),
)

SUITE = Suite(table="fct_requests", relations=(ROWS, HOURS), reads=("fct_requests", "fct_request_hours"))
