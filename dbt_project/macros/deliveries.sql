{#-
    Which deliveries of the same key are merged into one request. A delivery is at home where it starts a request: no earlier delivery of
    its key reaches as far as it. Every other delivery merges into the latest home before it. The argument `key` is the list of key columns.
-#}

{#- Maximum distance in hours between two deliveries of one key that are still one request: 7 days. -#}
{% macro merge_hours() -%} 168 {%- endmacro %}

{#- The same in milliseconds. -#}
{% macro merge_ms() -%} {{ merge_hours() | int * 3600000 }} {%- endmacro %}

{#-
    Position of a delivery in time, in milliseconds since 1970. It is the start of the hour, because a later delivery may correct the
    minutes; where deliveries are merged only if their calls overlap, it is the exact start of the call.
-#}
{% macro place_ms(delivery) -%}
    case when {{ delivery }}.needs_overlap then epoch_ms({{ delivery }}.requested_at) else {{ hour_number(delivery ~ '.requested_at') }} * 3600000 end
{%- endmacro %}

{#-
    Exclusive upper bound of the position of another delivery of the same request: the end of the call where calls must overlap, else
    7 days after the delivery's hour (the 1 makes this bound inclusive).
-#}
{% macro reach_ms(delivery) -%}
    case
        when {{ delivery }}.needs_overlap
            then epoch_ms({{ delivery }}.requested_at) + coalesce({{ delivery }}.latency_ms, 0)
        else {{ hour_number(delivery ~ '.requested_at') }} * 3600000 + {{ merge_ms() }} + 1
    end
{%- endmacro %}

{#- A delivery is at home where no delivery of its key in the 7 days before reaches as far as its position. -#}
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

{#- Position of the latest home at or before the delivery. -#}
{% macro home_ms(key) -%}
    max(case when is_home then place_ms end) over (
            partition by {{ key }}
            order by place_ms
        )
{%- endmacro %}

{#- Sort order of deliveries, in which the last one takes precedence. Reads of an earlier purchase sort before the purchase's own deliveries. -#}
{% macro delivery_order(delivery) -%}
    {{ delivery }}.operation <> 'retrieval', {{ delivery }}.landed_hour, {{ delivery }}.landing_file, {{ delivery }}.landing_line
{%- endmacro %}

{#- Whether the request's times are taken from this delivery: the last one at home with a latency, or else the last one at home. -#}
{% macro tells_times(key) -%}
    is_home and delivery_number = coalesce(
            max(case when latency_ms is not null then delivery_number end) over (partition by {{ key }}, place_ms),
            max(delivery_number) over (partition by {{ key }}, place_ms)
        )
{%- endmacro %}
