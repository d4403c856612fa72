-- grain: one row with the amount posted for the request dates that the range overlaps, null where nothing was ever posted
select case when (select count(*) from figures.posted) > 0 then coalesce(sum(posted_usd), 0)::decimal(38, 12) end as posted_usd
from figures.posted
where request_date >= $start::date
    and request_date <= ($end::timestamp - interval 1 hour)::date
    {conditions}
