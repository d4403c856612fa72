"""What the inventory keeps records of: landing files, parts of the lake, and files that could not be landed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class LandedFile:
    """One version of one landing file, as it landed. Counts are of records, hours are naive UTC.

    Attributes:
        adapter_version: digest of what decides how its records are read.
        landed_hour: the landing hour of the first version; it never changes.
        found_hour: the landing hour of this version; later than `landed_hour` where a file without an hour in its path was
            written again.
        version: which landing of this file it is, from 1.
        replaced_count: records in which characters were replaced that no text may hold.
    """

    landing_file: str
    source: str
    adapter: str
    adapter_version: str
    landed_hour: datetime
    found_hour: datetime
    size_bytes: int
    modified_ns: int
    content_digest: str
    version: int
    records_read: int
    landed_count: int
    ignored_count: int
    quarantined_count: int
    replaced_count: int


@dataclass(frozen=True)
class RefusedFile:
    """A landing file that could not be landed, as a run last found it. The reason is half a sentence."""

    landing_file: str
    source: str
    reason: str


@dataclass(frozen=True)
class Part:
    """What one file of Parquet holds of one landing file: `landed_count` rows of one request hour."""

    lake_part: str
    landing_file: str
    version: int
    request_hour: datetime
    landed_count: int


@dataclass(frozen=True)
class AssessmentPart:
    """What one file of Parquet holds of the verdicts of one landing file: those on requests of one hour.

    Attributes:
        request_hour: the hour of the requests; None while they have not landed, or are not looked up yet.
        is_copy: these verdicts are in another hour's part too, because their requests were delivered in both.
    """

    lake_part: str
    landing_file: str
    version: int
    request_hour: datetime | None
    assessment_count: int
    is_copy: bool = False
