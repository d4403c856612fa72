-- Creates `ranked`: one row per row of `found`, with whether it is a copy or the verdict was found in an earlier hour too.
create or replace table ranked as
select
    *,
    $is_copy or row_number() over (partition by identity order by request_hour, request_key) > 1 as is_further,
from found
