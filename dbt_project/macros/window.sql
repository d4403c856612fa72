{#- The run's window: the request hours of run.request_hours. Whatever is bounded by it says so with these. -#}

{#-
    A predicate: the row belongs to what this run replaces. `unit` is hour, day (tables of whole days),
    landing_file, baseline_day or batch (of the ledger). The bare date comes first: it prunes the files of other days before
    they are opened.
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
    Incremental strategy: what the run derives replaces what was there, also where nothing is left of it.
    The config `replaces` is the unit of which the run's window is made up (see in_window).
-#}
{% macro get_incremental_replace_window_sql(arg_dict) -%}
    {%- set columns = arg_dict["dest_columns"] | map(attribute="name") | join(", ") -%}
    delete from {{ arg_dict["target_relation"] }}
    where {{ in_window(config.get("replaces", "hour")) }};

    insert into {{ arg_dict["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict["temp_relation"] }};
{%- endmacro %}

{#- The new rows of a model are read once, by the insert: a temporary view spares a copy of them. -#}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language="sql", partitioned_by=none, sorted_by=none) -%}
    {%- if temporary and model.resource_type == "model" -%}
    create temporary view {{ relation.include(database=false, schema=false) }} as ({{ compiled_code }})
    {%- else -%}
    {{ dbt.duckdb__create_table_as(temporary, relation, compiled_code, language, partitioned_by, sorted_by) }}
    {%- endif -%}
{%- endmacro %}

{#- Data tests of a table that keeps history look at the window alone; `makegood verify` scans it all. -#}
{% macro default__get_where_subquery(relation) -%}
    {%- set scoped = namespace(unit=none) -%}
    {%- for node in (graph.nodes.values() if execute else []) if node.name == relation.identifier -%}
        {%- if node.config.get("incremental_strategy") == "replace_window" and node.config.materialized == "incremental" -%}
            {%- set scoped.unit = node.config.get("replaces", "hour") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return("(select * from " ~ relation ~ " where " ~ in_window(scoped.unit) ~ ") as window_rows" if scoped.unit else relation) }}
{%- endmacro %}
