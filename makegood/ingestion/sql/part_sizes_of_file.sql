-- One row per current part of the landing file, with its size when it was sealed; null where it was not.
-- SQLite would not look for one file's parts within a query for all of them.
select current.lake_part, sealed_parts.size_bytes
from (
    select lake_part from parts inner join landing_files using (landing_file, version) where landing_file = $landing_file
    union
    select lake_part from assessment_parts inner join landing_files using (landing_file, version) where landing_file = $landing_file
) as current
left join sealed_parts using (lake_part)
