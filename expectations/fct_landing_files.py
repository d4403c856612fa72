"""Audit of fct_landing_files: did each source deliver its usual volume, and could the records be read?"""

from expectations import thresholds as limit
from expectations.suite import Relation, Suite, query, within

SOURCES = Relation(
    name="fct_landing_files_by_source",
    keys=("source", "landed_hour"),
    empty_means="no landing files",
    expectations=(
        within(
            "quarantined_share",
            "nearly every record can be read",
            at_most=limit.QUARANTINED_SHARE_WARN,
            null_means="too few records",
            severity="warning",
        ),
        within(
            "quarantined_share",
            "most records can be read",
            at_most=limit.QUARANTINED_SHARE_BLOCK,
            null_means="too few records",
        ),
        within(
            "volume_ratio",
            "a source lands between a tenth and ten times of what its history lands",
            at_least=limit.VOLUME_RATIO_MIN,
            at_most=limit.VOLUME_RATIO_MAX,
            null_means="no history",
        ),
    ),
    sql=query("fct_landing_files_by_source"),
)

SUITE = Suite(table="fct_landing_files", relations=(SOURCES,), reads=("fct_landing_files",))
