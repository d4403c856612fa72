"""SQL that analysts write to query the marts, and SQL that must be refused; one statement per line."""

LEGITIMATE = """
select 1
from fct_requests
select count(*) from FCT_Requests where requested_at >= timestamp '2026-11-01' and requested_at < now() - interval 1 day
with a as (select * from fct_requests), b as (from a) select * from a join b using (request_id) left join fct_compensations c on c.request_id = a.request_id
with recursive t(n) as (select 1 union all select n + 1 from t where n < 5) select * from t
with a as materialized (select 1 as x) from a
with "my ctes" as (select 1) from "my ctes"
select * exclude (model) replace (cost_usd * 2 as cost_usd) from fct_requests order by all limit 5 offset 2
select model, sum(cost_usd) over (partition by model order by requested_at rows between 3 preceding and current row) from fct_requests qualify row_number() over (partition by model order by requested_at) = 1
select rank() over w from fct_requests window w as (order by cost_usd)
select max(cost_usd) as m, lag(model) over (order by model), first_value(model) over (order by model), ntile(4) over (order by model) from fct_requests group by model
pivot fct_requests on reason_code in ('compensated', 'not_billed') using count(*) group by model
select * from (pivot fct_requests on reason_code in ('compensated') using sum(cost_usd))
unpivot (select 1 as a, 2 as b) on a, b into name k value v
describe fct_requests
describe select 1
summarize fct_requests
show tables
show fct_requests
explain select * from fct_requests
explain analyze select * from fct_requests
values (1, 'a'), (2, 'b')
table fct_requests
select unnest([1, 2, 3]) as x
select * from unnest([1, 2])
select * from range(10) t(i)
select * from generate_series(1, 10)
select list_transform([1, 2], lambda x : x + 1), [x * 2 for x in [1, 2, 3] if x > 1], {'a': 1}.a, map {'k': 1}['k']
select list_filter([1], lambda x : x > 0), list_reduce([1, 2], lambda a, b : a + b), list_sum([1]), list_avg([1]), array_length([1])
select quantile_cont(latency_ms, 0.95), approx_quantile(latency_ms, 0.5), median(latency_ms), mode(model), arg_max(model, cost_usd), string_agg(distinct model, ',' order by model), count(*) filter (where cost_usd > 0) from fct_requests
select date_trunc('hour', requested_at), strftime(requested_at, '%Y'), extract(hour from requested_at), requested_at::date, epoch_ms(requested_at), requested_at at time zone 'UTC' from fct_requests
select case when x then 1 else 2 end, coalesce(null, 1), nullif(1, 2), x is null, 1 in (1, 2), 1 between 1 and 2, not x, 'a' like 'a%', 'a' ilike 'A', 'a' ~ 'a', 'a' glob 'a' from (select true as x)
select columns('.*_usd') from fct_requests
select meta->>'$.headers', json_extract(meta, '$.context') from fct_compensations
select e.key from fct_compensations, json_each(meta) e
select * from fct_requests tablesample 10%
select * from fct_requests using sample 5 rows
select * from fct_requests limit 10%
select distinct on (model) model from fct_requests
select model, count(*) from fct_requests group by grouping sets ((model), ()) having count(*) > 1
select model, account_id, count(*), grouping(model) from fct_requests group by rollup (model, account_id)
select * from fct_requests r asof join fct_compensations c on r.account_id = c.account_id and r.requested_at >= c.requested_at
select * from fct_requests where request_id in (select request_id from fct_compensations) and exists (select 1 from fct_compensations f where f.request_id = fct_requests.request_id)
select request_id from fct_requests union all by name select request_id, model from fct_compensations
select 1 except select 2 intersect select 3
select * from fct_requests natural join fct_compensations
select * from fct_requests, lateral (select model) t
select * from main.fct_requests
select * from makegood.main.fct_requests
select * from makegood.fct_requests
select try_cast('a' as integer), cast(1 as decimal(18, 12)), 'a'::varchar, 1::hugeint, date '2026-11-01', interval '1 day'
select sum(x)::decimal(38, 6), round(avg(x), 2), greatest(1, 2), abs(-1), 7 // 2, 7 % 2, 2 ** 3, 'a' || 'b' from (select 1 as x)
select struct_pack(a := 1), row(1, 2), (1, 2), [1, 2][1], 'abc'[1:2]
select current_date, current_timestamp, localtimestamp, today(), random(), uuid()
select ('abc').upper(), split_part('a/b', '/', 1), regexp_extract('a', 'a'), sha256('a')
select fct_requests from fct_requests
select f.a from fct_requests as f(a, b)
select #1 from (select 1)
select * from fct_requests where model collate nocase = 'x'
select (select max(cost_usd) from fct_requests) as m
from fct_requests select model where cost_usd > 1 group by model
select * from fct_requests where cost_usd > all (select cost_usd from fct_compensations)
select time_bucket(interval '15 minutes', requested_at), histogram(latency_ms) from fct_requests group by 1
select bool_or(x), any_value(x), min_by(x, x), count(distinct x), corr(1, 2) from (values (true)) t(x)
select * from (values (1)) t(a) positional join (values (2)) u(b)
select list(x order by x desc)[1:3] from range(5) t(x)
select map_keys(histogram(model)) from fct_requests
select 1 /* a comment */ + 1;
explain (select 1)
""".strip().split("\n")

REFUSED = """
select * from fct_requests at (version => 1)
select * from fct_requests at (timestamp => now())
from read_parquet('x')
from 'x.parquet'
from "x.csv"
with "x.parquet" as (from "x.parquet") from "x.parquet"
with x as (from x) from x
select (select count(*) from read_text('/etc/passwd'))
from read_blob('/etc/passwd')
from glob('*')
from sqlite_scan('a','b')
from __ducklake_metadata_makegood.ducklake_snapshot
from ducklake_snapshots('makegood')
from duckdb_settings()
from duckdb_tables
from duckdb_tables()
from pragma_table_info('fct_requests')
from information_schema.tables
from pg_catalog.pg_class
from sqlite_master
from query('select 1')
from query_table('fct_requests')
select current_setting('x')
select getenv('HOME')
select getvariable('x')
copy fct_requests to 'x'
attach 'x'
set x = 1
install httpfs
load httpfs
create macro f() as 1
prepare x as select 1
execute x
pragma version
call range(3)
select $1
select ?
select 1; select 2
show databases
show all tables
describe
show schemas
insert into fct_requests values (1)
with a as (insert into fct_requests values (1) returning *) from a
explain copy fct_requests to 'x'
explain analyze insert into fct_requests values (1)
explain explain select 1
explain select 1; select 2
select nextval('x')
select sleep_ms(1000)
select write_log('x')
select pg_sleep(1)
select json_serialize_plan('select 1')
from json_execute_serialized_sql('x')
select json_execute_serialized_sql('x')
from histogram(fct_requests, model)
from memory.main.fct_requests
from system.main.duckdb_tables
select read_text('/x')
from (from read_csv('x'))
select * from fct_requests join read_csv('x') on true
pivot read_csv('x') on a in (1) using count(*)
describe from read_csv('x')
summarize 'x.csv'
describe 'x.csv'
summarize read_csv('x')
select * from fct_requests where request_id = (select content from read_text('x'))
select list_transform([1], x -> (select content from read_text('x')))
select count(*) filter (where exists (from read_text('x')))
select row_number() over (order by (select 1 from read_text('x')))
select * from fct_requests order by (select 1 from read_text('x'))
select * from fct_requests limit (select 1 from read_text('x'))
select case when true then (select content from read_text('x')) end
values ((select content from read_text('x')))
from unnest((select list(content) from read_text('x')))
from range((select 1 from read_text('x')))
select * exclude (a) replace ((select content from read_text('x')) as b) from fct_requests
select columns(lambda c : (select true from read_text('x'))) from fct_requests
select distinct on ((select 1 from read_text('x'))) 1
select 1 group by (select 1 from read_text('x'))
select 1 having (select true from read_text('x'))
select 1 qualify (select true from read_text('x'))
select 1 union select content from read_text('x')
with recursive t as (select 1 union all select 1 from read_text('x')) from t
with a as (select 1) select * from (with b as (from read_text('x')) from b)
select x.y.z.read_text('a')
select 'x'.read_text()
export database 'x'
import database 'x'
vacuum
checkpoint
use memory
detach makegood
begin
drop table fct_requests
select * from fct_requests, "C:\\x"
from 'http://x/y.parquet'
from makegood.information_schema.tables
from test_all_types()
from summary((from fct_requests))
select "read_text"('/etc/passwd')
select main.read_text('/etc/passwd')
from system.main.read_text('/etc/passwd')
from READ_TEXT('/etc/passwd')
from parquet_scan('x')
from which_secret('x','s3')
from python_map_function()
from seq_scan('x')
from pandas_scan(1)
comment on table fct_requests is 'x'
select txid_current()
select current_query()
select has_table_privilege('x','y')
merge into fct_requests using fct_compensations on true when matched then delete
update fct_requests set a = 1
delete from fct_requests
truncate fct_requests
from fct_requests_x
from other.fct_requests
""".strip().split("\n")
