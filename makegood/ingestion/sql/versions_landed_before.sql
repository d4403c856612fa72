-- One row per landing file that landed before the moment and has current rows of request hours in [start, end).
select distinct landing_file, version
from parts
inner join landing_files using (landing_file, version)
where parts.request_hour >= $start and parts.request_hour < $end and landing_files.landed_hour < $moment
order by landing_file
