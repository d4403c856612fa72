-- One row per column of rows inlined in the catalog. If the type of a column was changed, its last type comes last. SQLite reads this file.
select inlined.table_name, columns.column_name, columns.column_type
from ducklake_inlined_data_tables as inlined
inner join ducklake_column as columns using (table_id)
where columns.parent_column is null
order by inlined.table_name, columns.begin_snapshot
