"""Audit of fct_request_hours: are few deliveries superseded, and was recent history decided under the current policy?"""

from expectations.suite import Check, Relation, Suite

HOURS = Relation(
    name="fct_request_hours_in_window",
    keys=("request_date", "request_hour"),
    empty_means="no request hours",
    checks=(
        Check(
            "superseded_share",
            "most deliveries are not repeats of others",
            at_most="SUPERSEDED_SHARE_WARN",
            null_means="too few deliveries",
            severity="warning",
        ),
    ),
    query="fct_request_hours_in_window",
)

HISTORY = Relation(
    name="fct_request_hours_before",
    keys=("request_date", "request_hour"),
    empty_means="no history",
    checks=(
        Check(
            "outdated_count",
            "the days before were decided under today's policy",
            at_most=0,
            severity="warning",
        ),
    ),
    query="fct_request_hours_before",
)

SUITE = Suite(table="fct_request_hours", relations=(HOURS, HISTORY), reads=("fct_request_hours",))
