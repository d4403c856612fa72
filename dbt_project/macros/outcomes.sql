{#- How a call ended, out of the columns in which a log says it. The status is an HTTP status or null. -#}

{% macro http_status() -%}
    case when try_cast(status_code as integer) between 100 and 599 then try_cast(status_code as integer) end
{%- endmacro %}

{% macro is_cancelled_by_caller(status) -%}
    coalesce(cancelled, false)
    or coalesce(finish_reason, '') = 'cancelled'
    or coalesce({{ status }}, 0) = 499
{%- endmacro %}

{#- A log that says whose failure it was says that it was one. -#}
{% macro is_error(status) -%}
    coalesce(finish_reason, '') = 'error' or coalesce({{ status }}, 0) >= 400 or error_origin is not null
{%- endmacro %}

{#-
    All that whose fault an error was is told from, as one text: who the log says it was, the status, and the error's code. The
    parts are named as in the seed failure_faults; no bar stands in one, so that a code cannot pass for a status. Null where
    there was no error.
-#}
{% macro failure(status) -%}
    case
        when {{ is_error(status) }}
            then concat(
                coalesce(error_origin, 'unsaid'), '|',
                coalesce(cast({{ status }} as varchar), case when status_code is null then 'none' else 'word' end), '|',
                coalesce(replace(lower(error_code), '|', ' '), 'none')
            )
    end
{%- endmacro %}

{#- A row of failure_faults fits a failure. -#}
{% macro fits_failure(faults, failure) -%}
    {{ glob_matches(
        failure,
        "concat(" ~ faults ~ ".error_origin, '|', " ~ faults ~ ".status, '|', " ~ faults ~ ".error_code)"
    ) }}
{%- endmacro %}
