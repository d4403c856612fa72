-- One row per part that counts, with its size when it was sealed; null where it was not.
select current.lake_part, sealed_parts.size_bytes
from (
    select lake_part from parts inner join landing_files using (landing_file, version)
    union
    select lake_part from assessment_parts inner join landing_files using (landing_file, version)
) as current
left join sealed_parts using (lake_part)
order by current.lake_part
