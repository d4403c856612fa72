-- One row: how many landing files there are, and the sums of their records.
select
    count(*) as file_count,
    coalesce(sum(records_read), 0) as records_read,
    coalesce(sum(landed_count), 0) as landed_count,
    coalesce(sum(ignored_count), 0) as ignored_count,
    coalesce(sum(quarantined_count), 0) as quarantined_count
from landing_files
