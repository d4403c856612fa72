"""Audit of fct_content_assessments: does each detector's share of unsatisfactory verdicts resemble that of the days before?"""

from expectations.suite import Check, Relation, Suite

DETECTORS = Relation(
    name="fct_content_assessments_by_day_and_detector",
    keys=("request_date", "detector"),
    empty_means="no verdicts, or too few",
    checks=(
        Check(
            "unsatisfactory_share_change",
            "each detector finds about as many answers unsatisfactory as in the days before",
            at_least="-UNSATISFACTORY_SHARE_CHANGE_WARN",
            at_most="UNSATISFACTORY_SHARE_CHANGE_WARN",
            severity="warning",
            null_means="no history",
        ),
    ),
    query="fct_content_assessments_by_day_and_detector",
)

SUITE = Suite(table="fct_content_assessments", relations=(DETECTORS,), reads=("fct_content_assessments",))
