-- One row per amount that is posted only with confirmation; those of all accounts together come first.
with largest as (
    select max(amount_usd) as amount_usd
    from (select sum(amount_usd) as amount_usd from past group by request_date)
),

own as (
    select account_id, max(amount_usd) as amount_usd from past group by account_id
),

top as (
    select max(amount_usd) as amount_usd from own
),

postings as (
    select
        request_date,
        account_id,
        abs(amount_usd) as amount_usd,
        if(amount_usd > 0, 'paid', 'taken back') as direction,
        entry_type <> 'payout' as is_correction,
    from entries
),

sums as (
    select request_date, account_id, direction, sum(amount_usd) as amount_usd from postings group by all
    union all
    select request_date, null as account_id, direction, sum(amount_usd) as amount_usd from postings group by all
    union all
    select null as request_date, null as account_id, 'corrected' as direction, sum(amount_usd) as amount_usd
    from postings
    where is_correction
    having count(*) > 0
),

usual as (
    select
        sums.*,
        largest.amount_usd as largest_usd,
        case
            when sums.account_id is null then largest.amount_usd
            else coalesce(own.amount_usd, top.amount_usd)
        end as usual_usd,
    from sums
    cross join largest
    cross join top
    left join own using (account_id)
),

limits as (
    select
        *,
        case
            when largest_usd is null then $first_usd
            when account_id is null then greatest($unseen_usd, $times * usual_usd)
            else greatest($unseen_usd, $times * usual_usd, largest_usd * $share)
        end::decimal(38, 12) as limit_usd,
    from usual
)

select request_date, account_id, direction, amount_usd, usual_usd, limit_usd
from limits
where amount_usd > limit_usd
order by account_id asc nulls first, amount_usd - limit_usd desc, request_date asc nulls first
