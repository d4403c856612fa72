-- returns one column of one compensation's details. The filters on date, id and account avoid reading the whole ledger.
select {column}
from mart_compensation_details
where compensation_id = $compensation_id
    and account_id = $account_id
    and request_date = $request_date
    and "timestamp" = $requested_at
