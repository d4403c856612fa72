-- One row per value of the dimension, with its sums; the largest change comes first.
select {dimension}, {measures}
from outcomes
group by {dimension}
order by abs(sum(candidate_usd - paid_usd)) desc, {dimension}
