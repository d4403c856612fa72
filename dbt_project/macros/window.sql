{#- The run's window, which is the request hours in run.request_hours: filters and materialisations that are limited to it. -#}

{#-
    Predicate: the row belongs to the part of the table that this run replaces. `unit` is hour, day (for tables of whole days), landing_file,
    baseline_day or batch (of the ledger). The condition on the date alone lets the engine prune the files of other days before it opens them.
-#}
{% macro in_window(unit="hour") -%}
    {%- if unit == "baseline_day" -%}
    baseline_date in (select baseline_date from {{ source('run', 'baseline_days') }})
    {%- elif unit == "landing_file" -%}
    landed_date in (select cast(landed_hour as date) from {{ source('run', 'landing_files') }})
    and landing_file in (select landing_file from {{ source('run', 'landing_files') }})
    {%- elif unit == "batch" -%}
    batch_id in (select batch_id from {{ source('run', 'ledger_batches') }})
    {%- else -%}
    request_date in (select request_date from {{ source('run', 'request_hours') }})
    {%- if unit == "hour" %}
    and (request_date, request_hour) in (
        select (request_date, request_hour) from {{ source('run', 'request_hours') }}
    )
    {%- endif %}
    {%- endif -%}
{%- endmacro %}

{#-
    Incremental strategy: deletes the rows of the run's window and inserts the derived ones, so that rows which are no longer derived
    disappear. The config `replaces` is the unit of the window (see in_window).
-#}
{% macro get_incremental_replace_window_sql(arg_dict) -%}
    {%- set columns = arg_dict["dest_columns"] | map(attribute="name") | join(", ") -%}
    delete from {{ arg_dict["target_relation"] }}
    where {{ in_window(config.get("replaces", "hour")) }};

    insert into {{ arg_dict["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict["temp_relation"] }};
{%- endmacro %}

{#- The insert reads the new rows of a model exactly once, so a temporary view is enough and avoids copying them into a table. -#}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language="sql", partitioned_by=none, sorted_by=none) -%}
    {%- if temporary and model.resource_type == "model" -%}
    create temporary view {{ relation.include(database=false, schema=false) }} as ({{ compiled_code }})
    {%- else -%}
    {{ dbt.duckdb__create_table_as(temporary, relation, compiled_code, language, partitioned_by, sorted_by) }}
    {%- endif -%}
{%- endmacro %}

{#- Data tests of an incremental table check the run's window only; `makegood verify` scans the whole table. -#}
{% macro default__get_where_subquery(relation) -%}
    {%- set scoped = namespace(unit=none) -%}
    {%- for node in (graph.nodes.values() if execute else []) if node.name == relation.identifier -%}
        {%- if node.config.get("incremental_strategy") == "replace_window" and node.config.materialized == "incremental" -%}
            {%- set scoped.unit = node.config.get("replaces", "hour") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return("(select * from " ~ relation ~ " where " ~ in_window(scoped.unit) ~ ") as window_rows" if scoped.unit else relation) }}
{%- endmacro %}
