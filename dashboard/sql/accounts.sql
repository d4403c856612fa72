-- grain: one row per account with a compensation
select distinct account_id
from mart_compensation_by_account_daily
where contains(lower(account_id), lower($contains))
    and ($scope is null or account_id = $scope)
order by account_id
limit $limit
