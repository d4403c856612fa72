-- One row per account with a posted sum other than zero.
select account_id, sum(amount_usd) as amount_usd
from {entries}
group by account_id
having sum(amount_usd) <> 0
