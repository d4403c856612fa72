{#- Expressions that DuckDB and Spark spell differently, or that several models need alike. -#}

{#-
    An exact quotient of two integers, cut (not rounded) to 6 places; null where the denominator is not positive.
    decimal(28, 6) holds a thousand times any bigint; a numerator that is a product is multiplied as hugeint.
-#}
{% macro ratio(numerator, denominator) -%}
    case
        when {{ denominator }} > 0
            then cast(
                cast(cast({{ numerator }} as hugeint) * 1000000 // ({{ denominator }}) as decimal(28, 0)) * 0.000001
                as decimal(28, 6)
            )
    end
{%- endmacro %}

{#- The value of a column in the last delivery that reported one. -#}
{% macro last_reported(column) -%}
    {{ return(adapter.dispatch('last_reported')(column)) }}
{%- endmacro %}

{% macro default__last_reported(column) -%}
    arg_max({{ column }}, delivery_number) filter (where {{ column }} is not null)
{%- endmacro %}

{% macro spark__last_reported(column) -%}
    max_by({{ column }}, delivery_number) filter (where {{ column }} is not null)
{%- endmacro %}

{#- A digest of rows in any order, as an aggregate: it changes where any of the columns does in any row. Nulls count as empty. -#}
{% macro rows_digest(columns) -%}
    bit_xor(md5_number(concat_ws('|'{% for column in columns %}, coalesce(cast({{ column }} as varchar), ''){% endfor %})))
{%- endmacro %}

{#- A glob of `*` (any characters) matches the text; every other character stands for itself. -#}
{% macro glob_matches(text, pattern) -%}
    {{ text }} like replace(replace(replace(replace({{ pattern }}, '!', '!!'), '%', '!%'), '_', '!_'), '*', '%') escape '!'
{%- endmacro %}

{#- Hours since 1970, so that distances in hours are integers. -#}
{% macro hour_number(timestamp) -%}
    {{ return(adapter.dispatch('hour_number')(timestamp)) }}
{%- endmacro %}

{% macro default__hour_number(timestamp) -%}
    epoch_ms({{ timestamp }}) // 3600000
{%- endmacro %}

{% macro spark__hour_number(timestamp) -%}
    unix_millis({{ timestamp }}) div 3600000
{%- endmacro %}

{#- Milliseconds since 1970. -#}
{% macro epoch_ms(timestamp) -%}
    {{ return(adapter.dispatch('epoch_ms')(timestamp)) }}
{%- endmacro %}

{% macro default__epoch_ms(timestamp) -%}
    epoch_ms({{ timestamp }})
{%- endmacro %}

{% macro spark__epoch_ms(timestamp) -%}
    unix_millis({{ timestamp }})
{%- endmacro %}
