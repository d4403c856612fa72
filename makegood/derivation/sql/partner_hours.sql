-- One row per hour of the parts `elsewhere` that shares a key with the parts `inside`, and whether one of these keys is in the parts `landed`.
with keys as (
    select key_hash, bool_or(list_contains($landed, filename)) as is_landed
    from read_parquet($inside, hive_partitioning = false, filename = true)
    group by key_hash
)

select
    date_trunc('hour', elsewhere.requested_at) as request_hour,
    bool_or(keys.is_landed) as is_landed,
from read_parquet($elsewhere, hive_partitioning = false) as elsewhere
inner join keys using (key_hash)
group by all
