-- One row per function of DuckDB whose result depends only on its arguments, and per macro.
select distinct function_type, lower(function_name) as function_name
from duckdb_functions()
where function_type in ('scalar', 'aggregate') and stability = 'CONSISTENT' and not starts_with(function_name, '__')
    or function_type = 'macro'
