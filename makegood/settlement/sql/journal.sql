-- One row per entry of a batch, with all its columns.
select {columns}
from {entries}
order by request_date, compensation_id, account_id
