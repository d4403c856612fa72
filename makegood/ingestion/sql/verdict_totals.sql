-- One row: the verdicts that landed of all files of the adapter, and those of them that are in a part.
select
    coalesce(sum(files.landed_count), 0) as landed_count,
    coalesce(sum(
        (
            select sum(parts.assessment_count)
            from assessment_parts as parts
            where (parts.landing_file, parts.version) = (files.landing_file, files.version) and not parts.is_copy
        )
    ), 0) as placed_count
from landing_files as files
where files.adapter = $adapter
