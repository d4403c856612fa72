-- One row per file of the attached snapshot: its path, whether that is below the warehouse's data, and its size in bytes.
with tables as (
    select
        table_id,
        schemas.path_is_relative and tables.path_is_relative as is_relative,
        if(tables.path_is_relative, schemas.path, '') || tables.path as folder
    from __ducklake_metadata_makegood.ducklake_table as tables
    inner join __ducklake_metadata_makegood.ducklake_schema as schemas using (schema_id)
),

files as (
    select table_id, path, path_is_relative, file_size_bytes from __ducklake_metadata_makegood.ducklake_data_file
    union all
    select table_id, path, path_is_relative, file_size_bytes from __ducklake_metadata_makegood.ducklake_delete_file
)

select
    if(files.path_is_relative, tables.folder, '') || files.path as path,
    files.path_is_relative and tables.is_relative as is_relative,
    files.file_size_bytes,
from files
inner join tables using (table_id)
