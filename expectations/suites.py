"""All suites, by table. Does not import Great Expectations."""

from expectations import (
    fct_compensations,
    fct_content_assessments,
    fct_landing_files,
    fct_request_hours,
    fct_requests,
    fct_requests_hourly,
    mart_compensation_hourly,
)
from expectations.suite import Suite

SUITES: dict[str, Suite] = {
    module.SUITE.table: module.SUITE
    for module in (
        fct_landing_files,
        fct_request_hours,
        fct_requests,
        fct_requests_hourly,
        fct_content_assessments,
        fct_compensations,
        mart_compensation_hourly,
    )
}
