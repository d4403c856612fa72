{#- Which deliveries of a purchase's key are one request. `key` are the columns that name the key, `requested_at` a delivery's start. -#}

{#- How far apart, in hours, two deliveries of one key may be and still be one request: 7 days. -#}
{% macro merge_hours() -%} 168 {%- endmacro %}

{#- The same in milliseconds. -#}
{% macro merge_ms() -%} {{ merge_hours() | int * 3600000 }} {%- endmacro %}

{#-
    Where a delivery stands in time, in milliseconds since 1970: at its hour, since a later delivery may mend the minutes; at its start
    where only deliveries that overlap are one.
-#}
{% macro place_ms(delivery) -%}
    case when {{ delivery }}.needs_overlap then {{ epoch_ms(delivery ~ '.requested_at') }} else {{ hour_number(delivery ~ '.requested_at') }} * 3600000 end
{%- endmacro %}

{#- Until when, exclusive, another delivery may begin and be of the same request: the end of the call, or 7 days and the hour itself. -#}
{% macro reach_ms(delivery) -%}
    case
        when {{ delivery }}.needs_overlap
            then {{ epoch_ms(delivery ~ '.requested_at') }} + coalesce({{ delivery }}.latency_ms, 0)
        else {{ hour_number(delivery ~ '.requested_at') }} * 3600000 + {{ merge_ms() }} + 1
    end
{%- endmacro %}

{#- A delivery is at home where no delivery of the 7 days before it reaches as far as it. -#}
{% macro is_home(key) -%}
    coalesce(
            max(reach_ms) over (
                partition by {{ key }}
                order by place_ms
                range between {{ merge_ms() }} preceding and 1 preceding
            ) <= place_ms,
            true
        )
{%- endmacro %}

{#- The latest home up to the delivery's own place. -#}
{% macro home_ms(key) -%}
    max(case when is_home then place_ms end) over (
            partition by {{ key }}
            order by place_ms
        )
{%- endmacro %}

{#- The order of deliveries: the last one speaks first. What reads a purchase that was made earlier comes before all that made it. -#}
{% macro delivery_order(delivery) -%}
    {{ delivery }}.operation <> 'retrieval', {{ delivery }}.landed_hour, {{ delivery }}.landing_file, {{ delivery }}.landing_line
{%- endmacro %}

{#- The delivery that tells when the call began and how long it took: of those at home the last that knows how long, else the last. -#}
{% macro tells_times(key) -%}
    is_home and delivery_number = coalesce(
            max(case when latency_ms is not null then delivery_number end) over (partition by {{ key }}, place_ms),
            max(delivery_number) over (partition by {{ key }}, place_ms)
        )
{%- endmacro %}
