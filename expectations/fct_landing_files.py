"""Audit of fct_landing_files: did each source deliver its usual volume, and could the records be read?"""

from expectations.suite import Check, Relation, Suite

SOURCES = Relation(
    name="fct_landing_files_by_source",
    keys=("source", "landed_hour"),
    empty_means="no landing files",
    by=("source",),
    checks=(
        Check(
            "quarantined_share",
            "nearly every record can be read",
            at_most="QUARANTINED_SHARE_WARN",
            null_means="too few records",
            severity="warning",
        ),
        Check(
            "quarantined_share",
            "most records can be read",
            at_most="QUARANTINED_SHARE_BLOCK",
            null_means="too few records",
        ),
        Check(
            "volume_ratio",
            "a source lands between a tenth and ten times of what its history lands",
            at_least="VOLUME_RATIO_MIN",
            at_most="VOLUME_RATIO_MAX",
            null_means="no history",
        ),
    ),
    query="fct_landing_files_by_source",
)

SUITE = Suite(table="fct_landing_files", relations=(SOURCES,), reads=("fct_landing_files",))
