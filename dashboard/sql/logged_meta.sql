-- returns the meta of one landed delivery, from parts of the lake
select meta
from read_parquet($parts, hive_partitioning = false)
where request_key = $request_key
    and landing_file = $landing_file
    and landing_line = $landing_line
limit 1
