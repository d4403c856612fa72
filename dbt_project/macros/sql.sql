{#- Expressions that several models share. -#}

{#-
    The exact quotient of two integers, truncated (not rounded) to 6 decimal places; null where the denominator is not positive.
    decimal(28, 6) can hold a thousand times any bigint. Where the numerator is a product, the caller must multiply as hugeint.
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

{#- Aggregate: the value of a column in the last delivery in which it is not null. -#}
{% macro last_reported(column) -%}
    arg_max({{ column }}, delivery_number) filter (where {{ column }} is not null)
{%- endmacro %}

{#- Aggregate: a digest of the rows that does not depend on their order and changes with any value of these columns. Null counts as empty text. -#}
{% macro rows_digest(columns) -%}
    bit_xor(md5_number(concat_ws('|'{% for column in columns %}, coalesce(cast({{ column }} as varchar), ''){% endfor %})))
{%- endmacro %}

{#- Whether a glob matches the text: `*` matches any characters, every other character only itself. -#}
{% macro glob_matches(text, pattern) -%}
    {{ text }} like replace(replace(replace(replace({{ pattern }}, '!', '!!'), '%', '!%'), '_', '!_'), '*', '%') escape '!'
{%- endmacro %}

{#- Whole hours since 1970, so that a distance in hours is an integer subtraction. -#}
{% macro hour_number(timestamp) -%}
    epoch_ms({{ timestamp }}) // 3600000
{%- endmacro %}
