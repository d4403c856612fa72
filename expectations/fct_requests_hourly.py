"""Audit of fct_requests_hourly: do each model's compensated, paid-back and unpriced shares resemble those of the days before?"""

from expectations.suite import Check, Relation, Suite

MODELS = Relation(
    name="fct_requests_by_day_and_model",
    keys=("request_date", "model"),
    empty_means="too few requests",
    by=("model",),
    checks=tuple(
        Check(column, sentence, at_least=f"-{at_most}", at_most=at_most, severity="warning", null_means=null_means)
        for column, sentence, at_most, null_means in (
            (
                "compensated_share_change",
                "of each model about as many requests are compensated as in the days before",
                "COMPENSATED_SHARE_CHANGE_WARN",
                "no history",
            ),
            (
                "payout_share_change",
                "of each model about as much of the cost is paid back as in the days before",
                "PAYOUT_SHARE_CHANGE_WARN",
                "no history, or nothing was billed and nothing paid back",
            ),
            (
                "unpriced_share_change",
                "of each model about as many requests have no cost as in the days before",
                "UNPRICED_SHARE_CHANGE_WARN",
                "no history",
            ),
        )
    ),
    query="fct_requests_by_day_and_model",
)

SUITE = Suite(
    table="fct_requests_hourly", relations=(MODELS,), reads=("fct_requests_hourly", "mart_compensation_hourly")
)
