-- The first key that is allowed more than its requests cost.
select compensation_id, account_id, sum(allowed.amount_usd) as allowed_usd, sum(cost_usd) as cost_usd
from allowed
group by compensation_id, account_id
having sum(allowed.amount_usd) > sum(cost_usd)
order by all
limit 1
