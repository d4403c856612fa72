-- One row per current part of a request hour in [start, end) and landing file in it.
select parts.lake_part, parts.landing_file, parts.version, parts.request_hour, parts.landed_count
from parts
inner join landing_files using (landing_file, version)
where parts.request_hour >= $start and parts.request_hour < $end
order by parts.request_hour, parts.lake_part, parts.landing_file
