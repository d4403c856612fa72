-- Creates a table of words from its file.
create or replace table {name} as
select {columns}
from read_csv('{file}', header = true, all_varchar = true)
