"""Audit of fct_requests_hourly: do each model's compensated, paid-back and unpriced shares resemble those of the days before?"""

from expectations import thresholds as limit
from expectations.suite import Relation, Suite, query, within

MODELS = Relation(
    name="fct_requests_by_day_and_model",
    keys=("request_date", "model"),
    empty_means="too few requests",
    expectations=tuple(
        within(column, sentence, at_least=-at_most, at_most=at_most, severity="warning", null_means=null_means)
        for column, sentence, at_most, null_means in (
            (
                "compensated_share_change",
                "of each model about as many requests are compensated as in the days before",
                limit.COMPENSATED_SHARE_CHANGE_WARN,
                "no history",
            ),
            (
                "payout_share_change",
                "of each model about as much of the cost is paid back as in the days before",
                limit.PAYOUT_SHARE_CHANGE_WARN,
                "no history, or nothing was billed and nothing paid back",
            ),
            (
                "unpriced_share_change",
                "of each model about as many requests have no cost as in the days before",
                limit.UNPRICED_SHARE_CHANGE_WARN,
                "no history",
            ),
        )
    ),
    sql=query("fct_requests_by_day_and_model"),
)

SUITE = Suite(
    table="fct_requests_hourly", relations=(MODELS,), reads=("fct_requests_hourly", "mart_compensation_hourly")
)
