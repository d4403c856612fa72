-- returns the meta of one compensated request
select meta
from fct_compensations
where {same_request}
    and request_date = $request_date
    and requested_at = $requested_at
