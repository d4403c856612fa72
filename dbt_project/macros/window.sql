{#- The run's window: the request hours of run.request_hours. Every statement that is bounded by it says so here. -#}

{#- The window's dates as literals, so that a scan prunes files of other days before it opens them. -#}
{% macro window_dates() -%}
    {%- set dates = run_query(
        "select distinct request_date from " ~ source('run', 'request_hours') ~ " order by request_date"
    ).columns[0].values() if execute else [] -%}
    {%- for date in dates %} date '{{ date }}'{{ "," if not loop.last }} {%- else %} cast(null as date) {%- endfor -%}
{%- endmacro %}

{#- A predicate: the row's hour (or, for a table of whole days, its day) is in the window. -#}
{% macro in_window(grain="hour") -%}
    request_date in ({{ window_dates() }})
    {%- if grain == "hour" %}
    and (request_date, request_hour) in (
        select (request_date, request_hour) from {{ source('run', 'request_hours') }}
    )
    {%- endif -%}
{%- endmacro %}

{#-
    Incremental strategy: what the run derives replaces what was there, also where nothing is left of it.
    `replaces` (hour, day or landing_file) is what one run owns of the table.
-#}
{% macro get_incremental_replace_window_sql(arg_dict) -%}
    {%- set columns = arg_dict["dest_columns"] | map(attribute="name") | join(", ") -%}
    delete from {{ arg_dict["target_relation"] }}
    where {{ replaced_rows(config.get("replaces", "hour")) }};

    insert into {{ arg_dict["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict["temp_relation"] }};
{%- endmacro %}

{% macro replaced_rows(replaces) -%}
    {%- if replaces == "landing_file" -%}
    landing_file in (select landing_file from {{ source('run', 'landing_files') }})
    {%- else -%}
    {{ in_window(replaces) }}
    {%- endif -%}
{%- endmacro %}

{#- New rows are read once, by the insert: a temporary view spares a copy of them. -#}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language="sql", partitioned_by=none, sorted_by=none) -%}
    {%- if temporary -%}
    {{ get_assert_columns_equivalent(compiled_code) }}
    create temporary view {{ relation.include(database=false, schema=false) }} as ({{ compiled_code }})
    {%- else -%}
    {{ dbt.duckdb__create_table_as(temporary, relation, compiled_code, language, partitioned_by, sorted_by) }}
    {%- endif -%}
{%- endmacro %}

{#- Data tests of a table that keeps history look at the window alone; `makegood verify` scans it all. -#}
{% macro default__get_where_subquery(relation) -%}
    {%- set replaces = config.get("window") -%}
    {{ return("(select * from " ~ relation ~ " where " ~ replaced_rows(replaces) ~ ") window_rows" if replaces else relation) }}
{%- endmacro %}
