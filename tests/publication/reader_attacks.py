"""SQL statements that try to write, or to read unpublished data, in every way that a reader's session might allow."""

from __future__ import annotations

META = "__ducklake_metadata_makegood"


WRITES = """
copy (select 1) to '{home}/x.csv'
copy (select 1) to 'x.csv'
copy (select 1) to '/dev/shm/makegood-x.csv'
copy (select 1) to '{data}' (format parquet)
copy (select 1) to '{data}' (format parquet, use_tmp_file false)
copy (select 1) to '{published}' (format parquet, use_tmp_file false)
copy (select 1) to 'published://data/x.parquet' (format parquet)
copy (select 1) to 'published://data' (format parquet, partition_by (x))
copy (select 1) to '{catalog}' (format csv, use_tmp_file false)
copy (select 1) to '{home}/warehouse/publications.sqlite' (format csv, use_tmp_file false)
copy (select 1) to '{home}/lake/inventory.sqlite' (format csv, use_tmp_file false)
copy fct_requests from '{outside}/secret.csv'
copy from database makegood to memory
export database '{home}/x'
attach '{home}/x.duckdb' as other
attach '{outside}/secret.duckdb' as other
attach '{home}/warehouse/catalog.sqlite' as other (type sqlite)
attach '{home}/warehouse/run.duckdb' as other
attach 'ducklake:{home}/x.ducklake' as other (data_path '{home}/x')
attach 'ducklake:sqlite:{home}/warehouse/catalog.sqlite' as other (data_path '{home}/warehouse/data')
create table fct_new as select 1
create table makegood.main.fct_new as select 1
create table {meta}.x as select 1
create view makegood.main.v as select 1
insert into fct_request_hours select * from fct_request_hours
delete from fct_requests
update {meta}.ducklake_snapshot set snapshot_id = 1
delete from {meta}.ducklake_data_file
insert into {meta}.ducklake_metadata select * from {meta}.ducklake_metadata
drop table fct_requests
truncate fct_requests
alter table fct_requests drop column model
call ducklake_expire_snapshots('makegood', older_than => now())
call ducklake_cleanup_old_files('makegood', cleanup_all => true)
call ducklake_delete_orphaned_files('makegood', cleanup_all => true)
call ducklake_merge_adjacent_files('makegood')
call ducklake_rewrite_data_files('makegood')
call ducklake_flush_inlined_data('makegood')
call ducklake_add_data_files('makegood', 'fct_requests', '{data}')
call makegood.set_option('parquet_row_group_size', '1')
checkpoint makegood
force checkpoint {meta}
vacuum
update figures.hours set compensation_count = 7
drop table page.compensations
create table figures.x as select 1
delete from page.account_days
install httpfs
load httpfs
load '{outside}/secret.txt'
set enable_external_access = true
set allowed_directories = ['/']
set allowed_paths = ['{outside}/secret.txt']
set temp_directory = '{home}/x'
set lock_configuration = false
set disabled_filesystems = ''
set custom_user_agent = 'x'
reset lock_configuration
pragma enable_profiling
set log_query_path = '{home}/x.log'
pragma profiling_output = '{home}/x.json'
create persistent secret x (type s3, key_id 'a')
detach makegood
import database '{outside}'
""".strip().split("\n")

READS = """
select * from read_text('{outside}/secret.txt')
select * from read_blob('{outside}/secret.txt')
select * from read_csv('{outside}/secret.csv')
select * from '{outside}/secret.csv'
select * from read_json('{outside}/secret.json')
select * from '{outside}/secret.parquet'
select * from read_parquet('{outside}/*.parquet')
select * from parquet_metadata('{outside}/secret.parquet')
select * from sniff_csv('{outside}/secret.csv')
select * from read_duckdb('{outside}/secret.duckdb')
select * from sqlite_scan('{outside}/secret.sqlite', 'secret')
call sqlite_attach('{outside}/secret.sqlite')
select * from glob('{outside}/*')
select * from read_text('/etc/passwd')
select * from read_text('file:///etc/passwd')
select * from read_text('published:///etc/passwd')
select * from read_text('published://data/../../publications.sqlite')
select * from read_text('{home}/sources.yml')
select * from read_blob('{home}/warehouse/publications.sqlite')
select * from read_blob('{home}/warehouse/catalog.sqlite')
select * from read_parquet('{data}')
select * from read_csv('http://127.0.0.1:1/x.csv')
select getenv('HOME')
select * from gateway
select * from query('select * from read_text(''/etc/passwd'')')
""".strip().split("\n")
