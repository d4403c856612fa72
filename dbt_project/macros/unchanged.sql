{#- Views and seeds that did not change are not written again, because every write adds a snapshot and a file to the warehouse. -#}

{#- Replaces a view only if its definition differs from the one in the warehouse. -#}
{% materialization view, adapter="duckdb" %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks) }}
    {% do run_query("create or replace temporary view " ~ this.identifier ~ " as (" ~ sql ~ ")") %}
    {% set definitions = run_query(
        "select count(distinct substr(sql, position(' AS ' in sql))) = 1 and count(*) = 2 from duckdb_views()"
        ~ " where view_name = '" ~ this.identifier ~ "' and database_name in ('temp', '" ~ this.database ~ "')"
    ) %}
    {% do run_query("drop view temp." ~ this.identifier) %}
    {%- if existing is not none and definitions.columns[0].values()[0] %}
    {% call noop_statement("main", "UNCHANGED", "UNCHANGED", 0) -%} {{ sql }} {%- endcall %}
    {%- else %}
    {% if existing is not none and not existing.is_view %} {% do adapter.drop_relation(existing) %} {% endif %}
    {% call statement("main") -%}
        {{ get_assert_columns_equivalent(sql) }}
        create or replace view {{ target_relation }} as ({{ sql }})
    {%- endcall %}
    {% do adapter.commit() %}
    {%- endif %}
    {{ run_hooks(post_hooks) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{#- Reloads a seed only if its rows differ from the file's; dbt's own macros would truncate and reload it on every run. -#}
{% macro duckdb__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- if full_refresh -%} {{ return(default__reset_csv_table(model, full_refresh, old_relation, agate_table)) }} {%- endif -%}
    {%- if agate_table.rows | length == 0 -%}
        {%- do run_query("delete from " ~ old_relation) -%}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__load_csv_rows(model, agate_table) -%}
    {%- set file_rows = "seed_file_rows" -%}
    {%- do run_query("create or replace temporary table " ~ file_rows ~ " as select * from " ~ this ~ " limit 0") -%}
    {%- do run_query("copy " ~ file_rows ~ " from '" ~ adapter.get_seed_file_path(model) ~ "' (format csv, header true)") -%}
    {%- set differences = run_query(
        "select count(*) from ((from " ~ this ~ " except all from " ~ file_rows ~ ")"
        ~ " union all (from " ~ file_rows ~ " except all from " ~ this ~ "))"
    ).columns[0].values()[0] -%}
    {%- if differences > 0 -%}
        {%- do run_query("delete from " ~ this) -%}
        {%- do run_query("insert into " ~ this ~ " select * from " ~ file_rows) -%}
    {%- endif -%}
    {{ return("copy " ~ this ~ " from '" ~ model.original_file_path ~ "'") }}
{%- endmacro %}
