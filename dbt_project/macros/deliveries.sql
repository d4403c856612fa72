{#- Which deliveries of a key are one request. `key` are the columns that name the key. -#}

{#- How far apart, in hours, two deliveries of one key may be and still be one request: 7 days. -#}
{% macro merge_hours() -%} 168 {%- endmacro %}

{#- An hour is home where the key has no delivery in the 7 days before it. -#}
{% macro is_home(key) -%}
    count(*) over (
            partition by {{ key }}
            order by hour_number
            range between {{ merge_hours() }} preceding and 1 preceding
        ) = 0
{%- endmacro %}

{#- The latest home up to the delivery's own hour. -#}
{% macro home_hour_number(key) -%}
    max(case when is_home then hour_number end) over (
            partition by {{ key }}
            order by hour_number
        )
{%- endmacro %}
