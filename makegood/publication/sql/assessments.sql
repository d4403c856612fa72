-- One row per verdict of a detector on a request of a known hour.
select detector, detector_version, verdict, score, category, evidence, assessed_at
from fct_content_assessments
where {same_request} and requested_at = $requested_at and request_date = $request_date and request_hour = $request_hour
