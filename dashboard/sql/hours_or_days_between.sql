-- grain: one row per hour or day, compensation type and model, of all accounts
select *
from figures.{table}
where hour_at >= $from_{number}
    and hour_at < $to_{number}
