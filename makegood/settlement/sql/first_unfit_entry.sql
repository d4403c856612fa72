-- The first entry of a batch's file that does not match its own digest.
select entry_id
from read_parquet($file, hive_partitioning = false, file_row_number = true)
where entry_digest is distinct from {entry_digest}
order by file_row_number
limit 1
