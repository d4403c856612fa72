-- One row per landing file whose rows in the part do not count, because the file has a newer version or had to be given up.
select named.lake_part, named.landing_file
from {table} as named
left join landing_files using (landing_file)
where named.lake_part = $lake_part and named.version is distinct from landing_files.version
