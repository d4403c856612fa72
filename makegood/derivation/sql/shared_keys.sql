-- Creates `shared_keys`: one row per key of the parts `own` that the parts `others` contain too.
create table shared_keys as
select distinct key_hash
from read_parquet($others, hive_partitioning = false)
where key_hash in (select key_hash from read_parquet($own, hive_partitioning = false))
