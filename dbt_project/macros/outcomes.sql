{#- How a call ended, out of the columns in which a log says it. The status is an HTTP status or null. -#}

{% macro http_status() -%}
    case when try_cast(status_code as integer) between 100 and 599 then try_cast(status_code as integer) end
{%- endmacro %}

{% macro is_cancelled_by_caller(status) -%}
    coalesce(cancelled, false)
    or coalesce(finish_reason, '') = 'cancelled'
    or coalesce({{ status }}, 0) = 499
{%- endmacro %}

{% macro is_error(status) -%}
    coalesce(finish_reason, '') = 'error' or coalesce({{ status }}, 0) >= 400
{%- endmacro %}
