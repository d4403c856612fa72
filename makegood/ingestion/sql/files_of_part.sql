-- One row per landing file with rows or verdicts in the part.
select landing_file, landed_hour
from landing_files
where landing_file in (
    select landing_file from parts where lake_part = $lake_part
    union all
    select landing_file from assessment_parts where lake_part = $lake_part
)
order by landing_file
