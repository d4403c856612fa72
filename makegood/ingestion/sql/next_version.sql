-- One row: the number of a file's next landing, above that of every part that names the file.
select 1 + coalesce(max(version), 0) as next_version
from (
    select version from landing_files where landing_file = $landing_file
    union all
    select version from parts where landing_file = $landing_file
    union all
    select version from assessment_parts where landing_file = $landing_file
)
