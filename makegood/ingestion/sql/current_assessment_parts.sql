-- One row per current part with verdicts that meets the condition and landing file in it.
select named.lake_part, named.landing_file, named.version, named.request_hour, named.assessment_count, named.is_copy
from assessment_parts as named
inner join landing_files using (landing_file, version)
where {condition}
order by named.request_hour, named.lake_part, named.landing_file
